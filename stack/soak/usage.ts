// What ./loop soak says of itself; loaded with the help, so it loads nothing.
export const HOME = '.loop-soak';
export const MINUTE_MS = 60_000;
/** The join is full after its horizon; memory settles some collections later. */
export const WARM_UP_MS = 4 * MINUTE_MS;
export const JUDGE_AFTER_MS = 4 * MINUTE_MS;

export const SOAK_USAGE = `usage: ./loop soak [--minutes N] [--seed S] [--products N] [--feedback N] [--every SECONDS] [--warm-up N] [--json]
  --minutes N     how long the load lasts (default 20)
  --seed S        another schedule of faults and other words (default 1)
  --products N    products a second (default 1500), half by Kafka, half by HTTP
  --feedback N    labels a second (default 500), likewise
  --every N       seconds from one fault to the next (default 60)
  --warm-up N     minutes of each process's life that do not count for its memory and handles (default ${WARM_UP_MS / MINUTE_MS})
  --json          one JSON object at the end
A stack of its own in ${HOME}; it is stopped and deleted at the end, and by Ctrl-C; a failed run leaves its logs. In the first two fifths our processes are killed and suspended; afterwards
Kafka, the registry, MySQL and S3 are restarted, crashed and hung, and models are swapped. Exit code 1: verify differs, a process grows by 1 MB a minute or more
after its warm-up, file handles (but for connections that callers hold open) or timers grow, something stays unread, or a call was never acknowledged. Memory and handles that were seen for less than ${JUDGE_AFTER_MS / MINUTE_MS} minutes after it are not judged.
A night: ./loop soak --minutes 480 --products 100 --feedback 35 (verify holds the whole log in memory, so a long run goes slower)`;

