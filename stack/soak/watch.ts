// Looks at the processes of a stack every few seconds: memory and file handles in /proc, timers and lag at their /metrics.
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { runningPid } from '../pids.ts';
import { PROCESSES, portOf, readStates, urlOf, type ProcessName } from '../processes.ts';
import { handlesOf, rssMbOf } from './proc.ts';
import { SERVERS } from './schedule.ts';
import type { Sample } from './slope.ts';
import type { Watched } from './verdict.ts';

export type Watch = {
  /** Samples of our processes and of the servers so far. */
  readonly all: () => readonly Watched[];
  /** The newest RSS in MB; absent: not running. */
  readonly rssMb: () => ReadonlyMap<string, number>;
  stop(): Promise<void>;
};
const LOOK_EVERY_MS = 2000;
const MB = 1_048_576;

/** Undefined when it does not answer, or stops half-way. */
const textOf = (url: string): Promise<string | undefined> => fetch(url, { signal: AbortSignal.timeout(3000) }).then((answer) => (answer.ok ? answer.text() : undefined)).catch(() => undefined);
/** Sum of a gauge's series; undefined when there is none. */
export function sumOf(metrics: string, name: string): number | undefined {
  const values = [...metrics.matchAll(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, value]) => Number(value));
  return values.length === 0 ? undefined : values.reduce((sum, one) => sum + one, 0);
}
/** MB of a process by kind, of one reading of its metrics. */
const memoryIn = (metrics: string): ReadonlyMap<string, number> => new Map([...metrics.matchAll(/^loop_memory_bytes\{kind="([^"]+)"\} (\S+)$/gm)].map(([, kind, bytes]) => [kind ?? '', Number(bytes) / MB]));
/** Timers that keep a process alive; undefined: it does not answer. (Sockets are among its file handles.) */
const timersIn = (metrics: string): number | undefined => (metrics === '' ? undefined : Number(/^loop_active_resources\{type="Timeout"\} (\S+)$/m.exec(metrics)?.[1] ?? 0));
/** Records each of our consumers has left; undefined: it does not tell (it is away, or owns nothing yet). */
export async function lagsOf({ settings }: Context): Promise<Readonly<Record<'join' | 'monitor' | 'inference', number | undefined>>> {
  const of = async (name: ProcessName): Promise<number | undefined> => sumOf((await textOf(`${urlOf(settings, name)}/metrics`)) ?? '', 'loop_consumer_lag');
  const [join, monitor, inference] = await Promise.all([of('join'), of('monitor'), of('inference')]);
  return { join, monitor, inference };
}

export function watch(context: Context, nowMs: () => number): Watch {
  const { settings, paths } = context;
  type Series = { rssMb: Sample[]; handles: Sample[]; timers: Sample[]; memory: Map<string, Sample[]> };
  const series = new Map<string, Series>();
  const newest = new Map<string, number>();
  let stopping = false;

  async function look(name: string, pid: number | undefined, ours: ProcessName | undefined): Promise<void> {
    newest.delete(name);
    if (pid === undefined) return;
    const one: Series = series.get(name) ?? { rssMb: [], handles: [], timers: [], memory: new Map() };
    series.set(name, one);
    const atMs = nowMs();
    const [rssMb, handles] = [rssMbOf(pid), handlesOf(pid, ours === undefined ? undefined : portOf(settings, ours))];
    if (rssMb !== undefined) one.rssMb.push({ atMs, pid, value: rssMb });
    if (rssMb !== undefined) newest.set(name, rssMb);
    if (handles !== undefined) one.handles.push({ atMs, pid, value: handles });
    const metrics = ours === undefined ? '' : ((await textOf(`${urlOf(settings, ours)}/metrics`)) ?? '');
    for (const [kind, value] of memoryIn(metrics)) {
      const samples = one.memory.get(kind) ?? [];
      one.memory.set(kind, samples);
      samples.push({ atMs, pid, value });
    }
    const timers = timersIn(metrics);
    if (timers !== undefined) one.timers.push({ atMs, pid, value: timers });
  }
  const looking = (async () => {
    while (!stopping) {
      const states = readStates(paths.run);
      await Promise.all([...PROCESSES.map((name) => look(name, states[name]?.pid, name)), ...SERVERS.map((name) => look(name, runningPid(paths.run, name), undefined))]);
      await pause(LOOK_EVERY_MS);
    }
  })();
  return {
    all: () => [...PROCESSES, ...SERVERS].flatMap((name) => {
      const found = series.get(name);
      return found === undefined ? [] : [{ name, judged: PROCESSES.some((one) => one === name), ...found }];
    }),
    rssMb: () => newest,
    async stop() {
      stopping = true;
      await looking;
    },
  };
}
