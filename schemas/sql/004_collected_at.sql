ALTER TABLE auto_training ADD COLUMN collected_at DATETIME(3) NULL;
