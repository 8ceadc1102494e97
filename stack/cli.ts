// The verbs of ./loop.
import { bold, report } from './say.ts';
import { BENCH_NAMES } from '../bench/main.ts';
import { BACKTEST_USAGE } from './backtest/usage.ts';
import type { Verb } from './verbs/verb.ts';

const later = (summary: string, usage: string, load: () => Promise<(args: readonly string[]) => Promise<number>>): Verb => ({ summary, usage, run: async (args) => (await load())(args) });
// Verbs are loaded when they are run: help and test must not wait for Kafka clients.
const part = async (name: 'up' | 'down' | 'status' | 'logs' | 'reset' | 'native' | 'predict' | 'feedback' | 'live' | 'rollback' | 'train' | 'runs' | 'cancel' | 'dataset' | 'gc' | 'approve' | 'decline' | 'token'): Promise<Verb> => {
  switch (name) {
    case 'up': return (await import('./verbs/up.ts')).up;
    case 'down': return (await import('./verbs/up.ts')).down;
    case 'status': return (await import('./verbs/status.ts')).status;
    case 'logs': return (await import('./verbs/status.ts')).logs;
    case 'reset': return (await import('./verbs/status.ts')).reset;
    case 'native': return (await import('./verbs/native.ts')).native;
    case 'predict': return (await import('./verbs/talk.ts')).predict;
    case 'feedback': return (await import('./verbs/talk.ts')).feedback;
    case 'live': return (await import('./verbs/talk.ts')).live;
    case 'gc': return (await import('./verbs/gc.ts')).gc;
    case 'train': return (await import('./verbs/jobs.ts')).train;
    case 'runs': return (await import('./verbs/jobs.ts')).runs;
    case 'cancel': return (await import('./verbs/jobs.ts')).cancel;
    case 'dataset': return (await import('./verbs/dataset.ts')).dataset;
    case 'approve': return (await import('./verbs/decide.ts')).approve;
    case 'decline': return (await import('./verbs/decide.ts')).decline;
    case 'token': return (await import('./verbs/token.ts')).token;
    case 'rollback': return (await import('./verbs/rollback.ts')).rollback;
  }
};
const SIMPLE = { up: 'start the services and the four processes', down: 'stop everything cleanly', status: 'what runs, and where (--json)', logs: 'the logs, of all parts or one', predict: 'classify texts, or a file of them', feedback: 'tell the right category of a prediction', live: 'the live F1', train: 'train now, on a file of yours or on what there is', runs: 'the table of trainings and batch jobs, or one of them whole', cancel: 'stop a training or a batch job that waits or runs', dataset: 'the exact rows a run learnt from', approve: 'let a run that waits be promoted', decline: 'end a run that waits', rollback: 'back to an earlier version of the model', token: 'make, list and revoke API tokens', gc: 'remove models and datasets that nothing needs any more', reset: 'delete the data folder (asks first)', native: 'a quicker backend for trainings, into the cache; nothing needs it' } as const;
const EXTRA: Record<string, Verb> = {
  demo: later('set up, run the whole story, show it live', `usage: ./loop demo [--dataset FILE.csv] [--with mlflow] [--seed N] [--keep] [--json]
  --dataset FILE.csv   your products (columns product_description,Category); new product families of that file are the drift
  --with mlflow        an MLflow beside it: every training is mirrored there
  --seed N             another run of the same story (default 42)
  --keep               leave everything running afterwards
  --json               one JSON object per line, for programs`, async () => (await import('./demo/demo.ts')).runDemo),
  verify: later('recompute everything from the log and compare', 'usage: ./loop verify [--json]\nExits 1 on any difference.', async () => (await import('./verify/verify.ts')).runVerify),
  test: later('lint, types, laws, integration and the story; ends with "N passed, N failed"', `usage: ./loop test [--pure | --long] [NAME...] [--home DIR] [--port-base N]
  --pure          only what needs no servers
  --long          only the long runs (*.long.test.ts)
  NAME            only test files whose path contains NAME, without lint and typecheck
  --home DIR      data folder of the tests' own stack (default .loop-test; emptied first)
  --port-base N   its first port (default 27000)`, async () => (await import('./tests.ts')).runTests),
  backtest: { summary: 'what other settings would have ordered, on the stored log or a CSV', usage: BACKTEST_USAGE, run: async (args) => (await import('./backtest/command.ts')).runBacktest(args) },
  bench: later('figures beside other systems, on this machine', `usage: ./loop bench NAME [--runs N] [--scale X] [--peers A,B] [--dataset FILE] [--seed N] [--json] [--check]
  NAME         ${BENCH_NAMES.join(' | ')}
  --runs N     repetitions (each benchmark has its own default)
  --scale X    a fraction of the full size, for a quick look (default 1)
  --peers A,B  only these other systems beside ours (none: --peers '')
  --dataset F  train: your CSV (columns product_description,Category) instead of the synthetic catalogue
  --json       one JSON object
  --check      exit 1 where a bar is missed, naming it`, async () => (await import('../bench/main.ts')).runBench),
};
const names = ['demo', 'up', 'down', 'status', 'logs', 'predict', 'feedback', 'live', 'train', 'runs', 'cancel', 'dataset', 'approve', 'decline', 'rollback', 'verify', 'backtest', 'test', 'bench', 'token', 'gc', 'native', 'reset'];

function help(): string {
  const summary = (name: string): string => EXTRA[name]?.summary ?? SIMPLE[name as keyof typeof SIMPLE];
  return `${bold('./loop VERB')}   a feedback loop for a live classifier\n${names.map((name) => `  ${name.padEnd(9)} ${summary(name)}`).join('\n')}\nEach verb explains itself with --help. Settings are environment variables: see README.md.`;
}

async function main([word = 'help', ...args]: readonly string[]): Promise<number> {
  if (word === 'help' || word === '--help' || word === '-h') {
    console.log(help());
    return 0;
  }
  const isSimple = (name: string): name is keyof typeof SIMPLE => name in SIMPLE;
  const verb = EXTRA[word] ?? (isSimple(word) ? await part(word) : undefined);
  if (verb === undefined) {
    console.error(`loop: '${word}' is not a verb.\n${help()}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    console.log(verb.usage);
    return 0;
  }
  return verb.run(args);
}

// `./loop up | head` must not end half-way because nobody reads on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}
const argv = process.argv.slice(2);
process.exitCode = await main(argv).catch((error: unknown) => report(error, argv[0] ?? ''));
