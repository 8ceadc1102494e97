// CPU time and memory of all the processes of a contender together (Linux only).
import { existsSync, readFileSync } from 'node:fs';
import { fatal } from '../../schemas/failure.ts';
import { cpuSecondsIn, memoryIn, type Memory } from '../state/memory.ts';

/** Throws fatal `no_proc` elsewhere than on Linux. */
export function requireProcfs(): void {
  if (!existsSync('/proc/self/stat')) throw fatal('no_proc', 'CPU time and memory are read from /proc, which only Linux has');
}
function textOf(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (cause) {
    throw fatal('program_ended', `the process ${pid} that is measured has ended`, { cause });
  }
}
export const cpuSecondsOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuSecondsIn(textOf(pid, 'stat')), 0);
export const memoryOf = (pids: readonly number[]): Memory => pids.map((pid) => memoryIn(textOf(pid, 'status'))).reduce((sum, one) => ({ anon: sum.anon + one.anon, rss: sum.rss + one.rss }), { anon: 0, rss: 0 });
