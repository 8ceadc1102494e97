// Processor time and memory of a server with all it has started (Linux only).
import { readdirSync, readFileSync } from 'node:fs';
import { cpuSecondsOf, memoryOf } from '../join/procfs.ts';

/** The parent in the text of /proc/PID/stat; a name may hold blanks and parentheses. */
export const parentIn = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);

/** pid and everybody below it. */
export function treeOf(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      parents.set(Number(name), parentIn(readFileSync(`/proc/${name}/stat`, 'utf8')));
    } catch {
      // It has just ended.
    }
  }
  const tree = [pid];
  for (const one of tree) for (const [child, parent] of parents) if (parent === one) tree.push(child);
  return tree;
}
/** Summed over the tree; who has just ended counts no more. */
function sumOf(pid: number, of: (one: readonly number[]) => number): number {
  return treeOf(pid).reduce((sum, one) => {
    try {
      return sum + of([one]);
    } catch (error) {
      if (one === pid) throw error;
      return sum;
    }
  }, 0);
}
export const cpuOf = (pid: number): number => sumOf(pid, cpuSecondsOf);
export const rssOf = (pid: number): number => sumOf(pid, (one) => memoryOf(one).rss);
