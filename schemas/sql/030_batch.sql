-- Batch predictions. lease_*: who works on the row (database time); model_version, manifest_*, input_*: pinned when the row is first taken, so that every attempt scores the same bytes with the same model; uploads: multipart uploads that attempts have begun, one `uri id` a line.
ALTER TABLE jobs ADD COLUMN model_name VARCHAR(128) NULL, ADD COLUMN requested_at DATETIME(3) NULL, ADD COLUMN on_bad_rows VARCHAR(16) NULL, ADD COLUMN reason TEXT NULL,
  ADD COLUMN model_version VARCHAR(64) NULL, ADD COLUMN manifest_s3 VARCHAR(1024) NULL, ADD COLUMN manifest_sha256 CHAR(64) NULL, ADD COLUMN input_etag VARCHAR(128) NULL, ADD COLUMN input_bytes BIGINT NULL,
  ADD COLUMN rows_total BIGINT NULL, ADD COLUMN rows_done BIGINT NULL, ADD COLUMN rows_bad BIGINT NULL, ADD COLUMN rows_verified BIGINT NULL, ADD COLUMN rows_per_second DOUBLE NULL,
  ADD COLUMN set_aside_s3 VARCHAR(1024) NULL, ADD COLUMN verified_subset_s3 VARCHAR(1024) NULL, ADD COLUMN f1 DOUBLE NULL, ADD COLUMN min_f1 DOUBLE NULL, ADD COLUMN latency_avg_ms DOUBLE NULL, ADD COLUMN uploads TEXT NULL,
  ADD COLUMN attempts INT NOT NULL DEFAULT 0, ADD COLUMN lease_token CHAR(36) NULL, ADD COLUMN lease_until DATETIME(3) NULL, ADD COLUMN cancelled_at DATETIME(3) NULL, ADD COLUMN cancelled_by VARCHAR(100) NULL,
  ADD KEY jobs_open (job_status, lease_until), ADD KEY jobs_requested (requested_at);
