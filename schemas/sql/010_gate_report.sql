-- The gate's report as a page, beside the row it belongs to.
ALTER TABLE auto_training ADD COLUMN report_s3 VARCHAR(1024) NULL;
