-- Dead letters that an admin has sent to their topic again. id: `<topic>:<partition>:<offset>` of the dead letter; the row is written before the record is sent, so that of two admins one sends.
CREATE TABLE dead_letter_resends (
  id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  resent_at DATETIME(3) NOT NULL,
  resent_by VARCHAR(100) NOT NULL
);
