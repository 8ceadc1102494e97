// The fault table: which part goes away, how, for whom, and what everybody does meanwhile; and what the processes stand on that breaks. Data only: a test runs each row against real servers, and docs/reference/faults.md is written from it.
import type { Fault } from '../fault.ts';

export const PARTS = ['kafka', 'registry', 'mysql', 's3', 'mlflow'] as const;
export type Part = (typeof PARTS)[number];
export const VICTIMS = ['inference', 'join', 'monitor', 'trainer'] as const;
export type Victim = (typeof VICTIMS)[number];
/** Who works: http, stream and batch are inference's (batch in a child process), training is the trainer's (in a child process), mirror its loop that tells MLflow. */
export const ACTORS = ['http', 'stream', 'batch', 'join', 'monitor', 'training', 'mirror'] as const;
export type Actor = (typeof ACTORS)[number];
/** serves: goes on. holds: does not move, and goes on by itself afterwards. refuses: says so at once or within its deadline. either: by the moment. */
export type Does = 'serves' | 'holds' | 'refuses' | 'either';
/** A server, or the way to it, is away for a while. */
export type AwayRow = {
  readonly kind: 'away'; readonly name: string; readonly part: Part; readonly fault: Fault;
  /** Whose connections: all, or one process's. */
  readonly who: 'all' | Victim;
  readonly forMs: number;
  readonly does: Readonly<Record<Actor, Does>>;
  /** Whose /health/ready answers 503 at the end of the fault. Nobody's /health/live ever fails by it. */
  readonly unready: readonly Victim[];
  /** Where a person sees it. */
  readonly tells: string;
};
/** What breaks: acts.ts breaks it, waits for what is to be seen, and mends it. */
export const ACTS = ['disk full', 'disk read-only', 'clocks jump', 'registry empty', 'broker restarted', 'connections killed', 'wrong corpus', 'wrong model', 'short model'] as const;
export type Act = (typeof ACTS)[number];
/** What the processes stand on breaks: disks, clocks, schemas, connections of the database, bytes. */
export type BrokenRow = {
  readonly kind: 'broken'; readonly name: string; readonly act: Act;
  readonly expected: string;
  /** Processes that the act kills; nobody else is started again. endsAgain: the killed one, until all is mended. */
  readonly kills: number;
  readonly endsAgain: boolean;
  /** Makes small file systems, which only root on Linux may. */
  readonly mounts: boolean;
};
export type Row = AwayRow | BrokenRow;

const ALL_SERVE: AwayRow['does'] = { http: 'serves', stream: 'serves', batch: 'serves', join: 'serves', monitor: 'serves', training: 'serves', mirror: 'serves' };
const LATENCY: Fault = { kind: 'latency', delayMs: 50 };
const FLAP: Fault = { kind: 'flap', everyMs: 1500 };
const AWAY_MS = 12_000;
/** Long enough to be said not ready. */
const SHORT_MS = 8000;
/** Longer than a connection may stay silent. */
const LOST_MS = 40_000;
/** The trainer cannot tell what it cannot read. */
const KAFKA_AWAY: AwayRow['does'] = { http: 'refuses', stream: 'holds', batch: 'holds', join: 'holds', monitor: 'holds', training: 'holds', mirror: 'serves' };
const KAFKA_TELLS = '503 with Retry-After; loop_broker_silent_seconds, alert BrokerAway';

/** The faults every part is given. */
function away(part: Part, does: AwayRow['does'], unready: readonly Victim[], tells: string): AwayRow[] {
  const row = (fault: Fault, forMs: number, more: Partial<AwayRow> = {}): AwayRow => ({ kind: 'away', name: `${part}: ${fault.kind}`, part, fault, who: 'all', forMs, does, unready, tells, ...more });
  return [
    row(LATENCY, AWAY_MS, { does: ALL_SERVE, unready: [], tells: 'latency histograms' }),
    row({ kind: 'cut' }, AWAY_MS),
    row({ kind: 'half-open' }, AWAY_MS),
    row({ kind: 'black hole' }, AWAY_MS),
    row({ kind: 'lost connections' }, LOST_MS, { does: ALL_SERVE, unready: [], tells: 'a line in the log: has not answered, the connection is given up' }),
    row(FLAP, AWAY_MS, { does: Object.fromEntries(ACTORS.map((one) => [one, does[one] === 'serves' ? 'serves' : 'either'])) as AwayRow['does'], unready: [] }),
  ];
}

export const AWAY_ROWS: readonly AwayRow[] = [
  ...away('kafka', KAFKA_AWAY, VICTIMS, KAFKA_TELLS),
  ...away('registry', { ...ALL_SERVE, batch: 'holds', training: 'holds' }, [], 'a batch job or training that is tried again, with the reason in the log'),
  ...away('mysql', { ...ALL_SERVE, batch: 'holds', training: 'holds', mirror: 'either' }, ['trainer'], '`the ledger is away` and `the table of batch jobs is away` in the log'),
  ...away('s3', { ...ALL_SERVE, batch: 'holds', training: 'holds', mirror: 'either' }, [], 'a batch job or training that is tried again, with the reason in the log'),
  ...away('mlflow', { ...ALL_SERVE, mirror: 'holds' }, [], 'loop_mlflow_behind'),
  { kind: 'away', name: 'kafka, for the join alone: black hole', part: 'kafka', fault: { kind: 'black hole' }, who: 'join', forMs: AWAY_MS, does: { ...ALL_SERVE, join: 'holds', monitor: 'either' }, unready: ['join'], tells: KAFKA_TELLS },
  { kind: 'away', name: 'kafka, for the monitor alone: half-open', part: 'kafka', fault: { kind: 'half-open' }, who: 'monitor', forMs: AWAY_MS, does: { ...ALL_SERVE, monitor: 'holds' }, unready: ['monitor'], tells: KAFKA_TELLS },
  { kind: 'away', name: 'kafka, for inference alone: cut', part: 'kafka', fault: { kind: 'cut' }, who: 'inference', forMs: AWAY_MS, does: { ...KAFKA_AWAY, join: 'either', monitor: 'either', training: 'serves' }, unready: ['inference'], tells: KAFKA_TELLS },
  { kind: 'away', name: 'kafka, for the trainer alone: cut', part: 'kafka', fault: { kind: 'cut' }, who: 'trainer', forMs: AWAY_MS, does: { ...ALL_SERVE, training: 'holds' }, unready: ['trainer'], tells: KAFKA_TELLS },
];
const broken = (part: string, fault: string, act: Act, expected: string, kills: number, more: Partial<BrokenRow> = {}): BrokenRow => ({ kind: 'broken', name: `${part}: ${fault}`, act, expected, kills, endsAgain: false, mounts: false, ...more });
export const BROKEN_ROWS: readonly BrokenRow[] = [
  broken('join, state folder', 'disk full', 'disk full', 'goes on in memory, says so once, saves again when there is room', 1, { mounts: true }),
  broken('join, state folder', 'read-only, and the join killed', 'disk read-only', 'holds, names the folder and the way out; goes on when it can be written', 1, { mounts: true }),
  broken('all processes', 'clock 1 day ahead, right, 1 day behind, right', 'clocks jump', 'nothing expires early, nobody is shut out', 0),
  broken('registry', 'comes back empty', 'registry empty', 'who runs goes on; who starts says what to do, and goes on after `./loop up` has registered', 1, { endsAgain: true }),
  broken('kafka', 'stopped and started, then killed (-9) and started', 'broker restarted', 'everybody goes on where they were; a retraining ordered meanwhile is promoted', 0),
  broken('mysql', 'every connection killed ten times a second, 10 s', 'connections killed', 'claim, promotion and batch job go on where they were, once each', 0),
  broken('S3, base corpus', 'wrong bytes', 'wrong corpus', 'the training does not learn from them, names the object, and goes on when they are right', 0),
  broken('S3, model', 'wrong bytes', 'wrong model', 'never served; named; the right one serves by itself', 1),
  broken('S3, model', 'truncated', 'short model', 'never served; named; the right one serves by itself', 1),
];
export const ROWS: readonly Row[] = [...AWAY_ROWS, ...BROKEN_ROWS];
/** What a short run holds: one row per kind of answer. */
export const SHORT_ROWS: readonly AwayRow[] = [
  { kind: 'away', name: 'kafka: cut', part: 'kafka', fault: { kind: 'cut' }, who: 'all', forMs: SHORT_MS, does: { ...KAFKA_AWAY, batch: 'either', training: 'either' }, unready: VICTIMS, tells: KAFKA_TELLS },
  { kind: 'away', name: 's3: black hole', part: 's3', fault: { kind: 'black hole' }, who: 'all', forMs: SHORT_MS, does: { ...ALL_SERVE, batch: 'holds', training: 'holds', mirror: 'either' }, unready: [], tells: 'the log' },
];
