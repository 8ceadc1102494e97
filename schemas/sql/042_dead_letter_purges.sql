-- What of the dead letters has been purged: those of offsets from_offset up to below upto_offset with this topic, this reason and an age beyond died_before (milliseconds since 1970); null: any. Rows go when the log has been cut beyond them.
CREATE TABLE dead_letter_purges (
  purge_id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  from_offset BIGINT NOT NULL,
  upto_offset BIGINT NOT NULL,
  topic VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  reason VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
  died_before BIGINT NULL,
  purged_at DATETIME(3) NOT NULL,
  purged_by VARCHAR(100) NOT NULL
);
