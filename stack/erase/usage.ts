// What ./loop erase says of itself.
export const ERASE_USAGE = `usage: ./loop erase [--id PREDICTION_ID]... [--text TEXT]... [--file IDS.txt] [--reason WHY] [--yes] [--json]
Forgets texts: their examples, what look-ups hold, rows of datasets and of files of batch jobs in S3 (datasets are marked as redacted). Labels go on counting: they hold no text.
  --id ID       the text of this prediction, and rows that came from its label
  --text TEXT   wherever it stands, the base corpus and given files too; case, accents and spaces do not matter
  --file FILE   ids, one a line
  --reason WHY  for the audit log; do not repeat the text there
  --yes         do it; without it, only what would be done
It says what remains where, and for how long. Exits 1 when a file could not be looked into. What is written while it runs: say the same again.`;
