-- What every epoch of a training came to, as a JSON list of {epoch, epochs, loss, f1, f1Min, seconds}.
ALTER TABLE auto_training ADD COLUMN progress LONGTEXT NULL;
