// Every verb of ./loop by its name, with what it says of itself.
import { BENCH_NAMES } from '../../bench/main.ts';
import { SOAK_USAGE } from '../soak/usage.ts';
import { BACKUP_USAGE, RESTORE_USAGE } from '../backup/usage.ts';
import { BACKTEST_USAGE } from '../backtest/usage.ts';
import { ERASE_USAGE } from '../erase/usage.ts';
import { REBUILD_USAGE } from '../rebuild/usage.ts';
import { bold } from '../say.ts';
import type { Verb } from './verb.ts';

const later = (summary: string, usage: string, load: () => Promise<(args: readonly string[]) => Promise<number>>): Verb => ({ summary, usage, run: async (args) => (await load())(args) });
// Verbs are loaded when they are run: help and test must not wait for Kafka clients.
const part = async (name: 'up' | 'down' | 'status' | 'logs' | 'reset' | 'native' | 'predict' | 'feedback' | 'label' | 'live' | 'alerts' | 'audit' | 'sources' | 'rollback' | 'train' | 'runs' | 'cancel' | 'dataset' | 'gc' | 'approve' | 'decline' | 'token' | 'topics' | 'dead-letters'): Promise<Verb> => {
  switch (name) {
    case 'up': return (await import('./up.ts')).up;
    case 'down': return (await import('./up.ts')).down;
    case 'status': return (await import('./status.ts')).status;
    case 'logs': return (await import('./status.ts')).logs;
    case 'reset': return (await import('./status.ts')).reset;
    case 'native': return (await import('./native.ts')).native;
    case 'predict': return (await import('./talk.ts')).predict;
    case 'feedback': return (await import('./talk.ts')).feedback;
    case 'label': return (await import('./label.ts')).label;
    case 'live': return (await import('./live.ts')).live;
    case 'alerts': return (await import('./alerts.ts')).alerts;
    case 'sources': return (await import('./sources.ts')).sources;
    case 'audit': return (await import('./audit.ts')).audit;
    case 'gc': return (await import('./gc.ts')).gc;
    case 'train': return (await import('./jobs.ts')).train;
    case 'runs': return (await import('./jobs.ts')).runs;
    case 'cancel': return (await import('./jobs.ts')).cancel;
    case 'dataset': return (await import('./dataset.ts')).dataset;
    case 'approve': return (await import('./decide.ts')).approve;
    case 'decline': return (await import('./decide.ts')).decline;
    case 'dead-letters': return (await import('./deadLetters.ts')).deadLetters;
    case 'token': return (await import('./token.ts')).token;
    case 'topics': return (await import('./topics.ts')).topics;
    case 'rollback': return (await import('./rollback.ts')).rollback;
  }
};
const SIMPLE = { up: 'start the services and the four processes', down: 'stop everything cleanly', status: 'what runs, and where (--json)', logs: 'the logs, of all parts or one', predict: 'classify texts, or a file of them', feedback: 'tell the right category of a prediction', label: 'label predictions at the keyboard', live: 'the live F1, as it changes', alerts: 'what Prometheus has to say', sources: 'who labels, and whose labels look odd', audit: 'what admins have done', train: 'train now, on a file of yours or on what there is', runs: 'the table of trainings and batch jobs, or one of them whole', cancel: 'stop a training or a batch job that waits or runs', dataset: 'the exact rows a run learnt from', approve: 'let a run that waits be promoted', decline: 'end a run that waits', rollback: 'back to an earlier version of the model', 'dead-letters': 'what nobody could use: list, inspect, resend, purge', token: 'make, list and revoke API tokens', topics: 'what differs between the topics and the settings', gc: 'remove models and datasets that nothing needs any more', reset: 'delete the data folder (asks first)', native: 'a quicker backend for trainings, into the cache; nothing needs it' } as const;
const EXTRA: Record<string, Verb> = {
  demo: later('set up, run the whole story, show it live', `usage: ./loop demo [--dataset FILE.csv] [--with mlflow] [--seed N] [--keep] [--json]
  --dataset FILE.csv   your products (columns product_description,Category); new product families of that file are the drift
  --with mlflow        an MLflow beside it: every training is mirrored there
  --seed N             another run of the same story (default 42)
  --keep               leave everything running afterwards
  --json               one JSON object per line, for programs`, async () => (await import('../demo/demo.ts')).runDemo),
  verify: later('recompute everything from the log and compare', 'usage: ./loop verify [--json]\nExits 1 on any difference.', async () => (await import('../verify/verify.ts')).runVerify),
  test: later('lint, types, laws, integration and the story; ends with "N passed, N failed"', `usage: ./loop test [--pure | --long] [NAME...] [--home DIR] [--port-base N]
  --pure          only what needs no servers
  --long          only the long runs (*.long.test.ts)
  NAME            only test files whose path contains NAME, without lint and typecheck
  --home DIR      data folder of the tests' own stack (default .loop-test; emptied first)
  --port-base N   its first port (default 27000)`, async () => (await import('../tests.ts')).runTests),
  erase: later('forget a text: examples, look-ups, datasets', ERASE_USAGE, async () => (await import('../erase/command.ts')).runErase),
  rebuild: later('MySQL and tallies again, from S3 and Kafka', REBUILD_USAGE, async () => (await import('../rebuild/command.ts')).runRebuild),
  backup: later('copy the stopped stack whole, with a checksum of every file', BACKUP_USAGE, async () => (await import('../backup/command.ts')).runBackup),
  restore: later('bring such a copy back', RESTORE_USAGE, async () => (await import('../backup/command.ts')).runRestore),
  backtest: { summary: 'what other settings would have ordered, on the stored log or a CSV', usage: BACKTEST_USAGE, run: async (args) => (await import('../backtest/command.ts')).runBacktest(args) },
  soak: { summary: 'hours of load and faults on a stack of its own, then verify and what grew', usage: SOAK_USAGE, run: async (args) => (await import('../soak/command.ts')).runSoakVerb(args) },
  bench: later('figures beside other systems, on this machine', `usage: ./loop bench NAME [--runs N] [--scale X] [--peers A,B] [--dataset FILE] [--seed N] [--json] [--check]
  NAME         ${BENCH_NAMES.join(' | ')}
  --runs N     repetitions (each benchmark has its own default)
  --scale X    a fraction of the full size, for a quick look (default 1)
  --peers A,B  only these other systems beside ours (none: --peers '')
  --dataset F  train, poisoned: your CSV (columns product_description,Category) instead of the synthetic catalogue
  --json       one JSON object
  --check      exit 1 where a bar is missed, naming it`, async () => (await import('../../bench/main.ts')).runBench),
};
export const VERB_NAMES = ['demo', 'up', 'down', 'status', 'logs', 'predict', 'feedback', 'label', 'live', 'alerts', 'sources', 'audit', 'train', 'runs', 'cancel', 'dataset', 'approve', 'decline', 'rollback', 'verify', 'backup', 'restore', 'rebuild', 'erase', 'backtest', 'test', 'soak', 'bench', 'dead-letters', 'token', 'topics', 'gc', 'native', 'reset'] as const;

export const summaryOf = (name: (typeof VERB_NAMES)[number]): string => EXTRA[name]?.summary ?? SIMPLE[name as keyof typeof SIMPLE];
export function help(): string {
  return `${bold('./loop VERB')}   a feedback loop for a live classifier\n${VERB_NAMES.map((name) => `  ${name.padEnd(12)} ${summaryOf(name)}`).join('\n')}\nEach verb explains itself with --help. Settings are environment variables: docs/reference/configuration.md.`;
}

/** undefined: there is no such verb. */
export async function verbOf(word: string): Promise<Verb | undefined> {
  const isSimple = (name: string): name is keyof typeof SIMPLE => name in SIMPLE;
  return EXTRA[word] ?? (isSimple(word) ? part(word) : undefined);
}
