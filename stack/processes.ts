// Our four processes: where they start, which port they answer on, how long to wait before starting one again.
import type { Settings } from '../schemas/settings.ts';

export const PROCESSES = ['inference', 'join', 'monitor', 'trainer'] as const;
export type ProcessName = (typeof PROCESSES)[number];
export const MAIN: Readonly<Record<ProcessName, string>> = { inference: 'inference/main.ts', join: 'consumers/join/main.ts', monitor: 'consumers/monitor/main.ts', trainer: 'trainer/main.ts' };
export const portOf = (settings: Settings, name: ProcessName): number => ({ inference: settings.inferencePort, join: settings.joinPort, monitor: settings.monitorPort, trainer: settings.trainerPort })[name];
export const urlOf = (settings: Settings, name: ProcessName): string => `http://127.0.0.1:${portOf(settings, name)}`;

const STABLE_MS = 30_000;
const MAX_DELAY_MS = 30_000;
/** Milliseconds before a process that ran `ranMs` and has now failed `failures` times in a row starts again. A group member that
 *  returns before its old session has ended stalls the whole group, so members wait that long. */
export function restartDelayMs(name: ProcessName, failures: number, ranMs: number, sessionTimeoutMs: number): number {
  const isMember = name === 'join' || name === 'monitor';
  const backOff = ranMs > STABLE_MS || failures <= 1 ? 0 : Math.min(MAX_DELAY_MS, 500 * 2 ** (failures - 2));
  return Math.max(isMember ? sessionTimeoutMs : 100, backOff);
}
