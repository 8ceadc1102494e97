-- Which rows of auto_training stand in MLflow, and as which run. Only the trainer's mirror writes it; it can be emptied at any time.
CREATE TABLE mlflow_mirror (
  id CHAR(36) NOT NULL PRIMARY KEY,
  mlflow_run_id VARCHAR(64) NOT NULL,
  mirrored_at DATETIME(3) NOT NULL
) CHARACTER SET utf8mb4;
