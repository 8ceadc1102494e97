-- What a row promotes is known by its checksum from the start, so that whoever takes over announces what was judged.
ALTER TABLE auto_training ADD COLUMN manifest_sha256 CHAR(64) NULL;
