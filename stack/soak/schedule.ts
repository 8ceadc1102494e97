// Which faults a soak makes, and when: a pure list from a seed. One fault at a time, at a fixed beat. In the first part our own processes are killed and suspended;
// afterwards they are left alone and only what they stand on is hurt, so that each of them lives long enough to show how its memory moves.
import { createRandom } from '../../schemas/random.ts';
import { PROCESSES, type ProcessName } from '../processes.ts';

export const SERVERS = ['kafka', 'registry', 'mysql', 's3'] as const;
export type ServerName = (typeof SERVERS)[number];
/** kill: -9. suspend: SIGSTOP past the session time-out, then SIGCONT. restart: a server is stopped and started. crash: the same with -9. cut: a server hangs (SIGSTOP) and goes on. retrain: one that promotes whatever comes out, so that models are swapped. */
export type Fault =
  | { readonly kind: 'kill' | 'suspend'; readonly of: ProcessName }
  | { readonly kind: 'restart' | 'crash' | 'cut'; readonly of: ServerName }
  | { readonly kind: 'retrain'; readonly of: 'model' };
export type Act = Fault & { readonly atMs: number };
export type Plan = {
  readonly durationMs: number;
  readonly everyMs: number;
  /** false: servers that others use too are left alone. */
  readonly servers: boolean;
};
const FIRST_PART = 0.4;

const HURT: readonly Fault[] = [...PROCESSES.map((of): Fault => ({ kind: 'kill', of })), ...PROCESSES.map((of): Fault => ({ kind: 'suspend', of }))];
const SHAKEN: readonly Fault[] = SERVERS.flatMap((of): Fault[] => [{ kind: 'restart', of }, { kind: 'cut', of }, ...(of === 'kafka' || of === 'registry' ? [] : [{ kind: 'crash', of } as const])]);
const RETRAIN: Fault = { kind: 'retrain', of: 'model' };
const RETRAININGS = 3;

/** A fault at each beat of a run, the first after half a beat and none in the last: an end without a fault shows whether all comes back. */
export function scheduleOf(seed: number, { durationMs, everyMs, servers }: Plan): Act[] {
  const random = createRandom(seed);
  /** Cards without end: each is dealt once before any is dealt again. */
  const deal = (cards: readonly Fault[]): (() => Fault) => {
    let left: Fault[] = [];
    return () => {
      if (left.length === 0) left = random.shuffle(cards);
      return left.pop() ?? RETRAIN;
    };
  };
  const hurt = deal([...HURT, RETRAIN]);
  const shaken = deal([...SHAKEN, ...Array<Fault>(RETRAININGS).fill(RETRAIN)]);
  const beats = Math.max(0, Math.floor(durationMs / everyMs - 0.5));
  return Array.from({ length: beats }, (_, i) => {
    const atMs = Math.round((i + 0.5) * everyMs);
    return { ...(!servers || atMs < durationMs * FIRST_PART ? hurt() : shaken()), atMs };
  });
}
export const nameOf = ({ kind, of }: Fault): string => (kind === 'retrain' ? 'retrain and promote' : `${kind} ${of}`);
