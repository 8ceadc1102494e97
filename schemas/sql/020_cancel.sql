-- A person's wish to stop a job. Set once, before the row has a promotion_seq; whoever works on the row then ends it as cancelled.
ALTER TABLE auto_training ADD COLUMN cancelled_at DATETIME(3) NULL, ADD COLUMN cancelled_by VARCHAR(100) NULL;
