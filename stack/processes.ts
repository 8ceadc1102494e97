// Our four processes: where they start, which port they answer on, how long to wait before starting one again.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../schemas/settings.ts';
import { writeJson } from './pids.ts';

export const PROCESSES = ['inference', 'join', 'monitor', 'trainer'] as const;
export type ProcessName = (typeof PROCESSES)[number];
export const MAIN: Readonly<Record<ProcessName, string>> = { inference: 'inference/main.ts', join: 'consumers/join/main.ts', monitor: 'consumers/monitor/main.ts', trainer: 'trainer/main.ts' };
/** MB for young objects. A transaction's records are held at once, and a request until Kafka has acknowledged its event: with more room few outlive a collection and are copied.
 *  All of it from the start, and used to its end: V8 would collect at four fifths of it whenever the event loop rests, and room that is touched only in a backlog looks like a leak. */
const ROOM_FOR_THE_YOUNG: Readonly<Record<string, number>> = { [MAIN.inference]: 32, [MAIN.join]: 64, [MAIN.monitor]: 64 };
/** How far the old may grow before they are collected: V8 itself lets it be a half or four times more, by how much there is to do, and pages it has had once it keeps. Then a busy minute would look like a leak too. */
const ROOM_FOR_THE_OLD = ['--initial-old-space-size=32', '--heap-growing-percent=50'];
const roomOf = (main: string): readonly string[] => {
  const mb = ROOM_FOR_THE_YOUNG[main];
  return mb === undefined ? [] : [`--max-semi-space-size=${mb}`, `--min-semi-space-size=${mb}`, '--no-minor-gc-task', ...ROOM_FOR_THE_OLD];
};
/** What node is told when it runs one of our programs. */
export const nodeFlagsOf = (main: string): readonly string[] => ['--disable-warning=ExperimentalWarning', ...roomOf(main)];
/** What they find in their environment; glibc reads it, other C libraries do not. It gives every thread a heap of its own, and what one thread frees the others cannot use: a process with threads would grow for hours.
 *  And once a large buffer was freed (there is one in every answer to a fetch after an outage) it keeps such buffers among the small ones, where they leave holes: sizes are in bytes, and given here they stay. */
export const MEMORY_ENV = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '1048576' } as const;
export const portOf = (settings: Settings, name: ProcessName): number => ({ inference: settings.inferencePort, join: settings.joinPort, monitor: settings.monitorPort, trainer: settings.trainerPort })[name];
export const urlOf = (settings: Settings, name: ProcessName): string => `http://127.0.0.1:${portOf(settings, name)}`;

const STABLE_MS = 30_000;
const MAX_DELAY_MS = 30_000;
/** How often in a row a process has failed, now that it has ended after `ranMs`: one that ran for long has not failed at starting. */
export const failuresAfter = (failures: number, ranMs: number): number => (ranMs > STABLE_MS ? 1 : failures + 1);
/** Milliseconds before a process that ran `ranMs` and has now failed `failures` times in a row starts again. A group member that
 *  returns before its old session has ended stalls the whole group, so members wait that long. */
export function restartDelayMs(name: ProcessName, failures: number, ranMs: number, sessionTimeoutMs: number): number {
  const isMember = name === 'join' || name === 'monitor';
  const backOff = ranMs > STABLE_MS || failures <= 1 ? 0 : Math.min(MAX_DELAY_MS, 500 * 2 ** (failures - 2));
  return Math.max(isMember ? sessionTimeoutMs : 100, backOff);
}

/** What the supervisor knows of one process. failures: how often in a row it ended within half a minute. */
export type ProcessState = { readonly pid?: number | undefined; readonly starts: number; readonly failures: number; readonly lastExit?: string | undefined };
export type ProcessStates = Readonly<Partial<Record<ProcessName, ProcessState>>>;
const statesFile = (runDir: string): string => join(runDir, 'processes.json');
export const readStates = (runDir: string): ProcessStates => (existsSync(statesFile(runDir)) ? (JSON.parse(readFileSync(statesFile(runDir), 'utf8')) as ProcessStates) : {});
export const writeStates = (runDir: string, states: ReadonlyMap<ProcessName, ProcessState>): void => writeJson(statesFile(runDir), Object.fromEntries(states));

const HOPELESS_FAILURES = 4;
/** The first process that keeps failing, with how it last ended. */
export function failingProcess(states: ProcessStates): { readonly name: ProcessName; readonly lastExit: string } | undefined {
  const name = PROCESSES.find((one) => (states[one]?.failures ?? 0) >= HOPELESS_FAILURES);
  return name === undefined ? undefined : { name, lastExit: states[name]?.lastExit ?? 'unknown end' };
}
