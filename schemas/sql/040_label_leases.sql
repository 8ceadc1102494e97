-- Predictions that somebody has in hand to label, so that two people do not label the same one. holder: the name of the token; leased_until: database time, past it the row is nobody's.
CREATE TABLE label_leases (
  prediction_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
  holder VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  leased_until DATETIME(3) NOT NULL,
  KEY label_leases_until (leased_until)
);
