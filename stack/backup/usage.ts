// What ./loop backup and ./loop restore say of themselves.
export const BACKUP_USAGE = `usage: ./loop backup DIR
Copies the whole data folder of the stopped local stack (./loop down first) into DIR, which must be new or empty: topics, positions, schema ids, tables, models, datasets, secrets, settings, graphs; not logs and pids.
Every file is read again and compared; DIR/manifest.json with the SHA-256 of each is written last, so a backup without one was never finished.
DIR holds the stack's passwords: keep it as safe as they are.`;
export const RESTORE_USAGE = `usage: ./loop restore DIR [--check] [--replace]
Brings a backup back into the data folder (LOOP_HOME), file by file as it was: offsets, ids and times too. Then ./loop up, and ./loop verify judges it.
  --check     only read the backup and compare it with its manifest
  --replace   the data folder holds something: delete that, once the backup has been read, copied and compared
Refuses a backup that is damaged or was never finished, naming the files; a data folder that is not empty; a stack that runs.`;
