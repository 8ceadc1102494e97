// What the kernel says about a process: memory by kind and processor time, and whether a series of readings is flat.
import { readFileSync } from 'node:fs';
import { fatal } from '../../schemas/failure.ts';

export const MIB = 1024 * 1024;
/** anon: RssAnon, what the process itself holds; the rest of rss is pages of files, which the kernel may take back. Bytes. */
export type Memory = { readonly anon: number; readonly rss: number };
export type Reading = Memory & { readonly atMs: number };

/** From the text of /proc/PID/status. Throws RangeError when a line is missing. */
export function memoryIn(status: string): Memory {
  const kib = (name: string): number => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status);
    if (match === null) throw new RangeError(`no ${name} in /proc/PID/status`);
    return Number(match[1]) * 1024;
  };
  return { anon: kib('RssAnon'), rss: kib('VmRSS') };
}
/** Seconds of processor time, user and system, from the text of /proc/PID/stat (100 ticks a second on Linux). */
export function cpuSecondsIn(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

export type Watch = {
  readonly readings: readonly Reading[];
  readonly cpuSeconds: () => number;
  stop(): void;
};
/** Reads a process's memory now and every so often. Linux only. */
export function watchMemory(pid: number, everyMs = 500): Watch {
  const readings: Reading[] = [];
  const read = (): void => {
    try {
      readings.push({ ...memoryIn(readFileSync(`/proc/${pid}/status`, 'utf8')), atMs: performance.now() });
    } catch (cause) {
      if (readings.length === 0) throw fatal('no_proc', `the memory of process ${pid} cannot be read from /proc; this benchmark runs on Linux only`, { cause });
      // It has ended.
      clearInterval(timer);
    }
  };
  const timer = setInterval(read, everyMs);
  read();
  return { readings, cpuSeconds: () => cpuSecondsIn(readFileSync(`/proc/${pid}/stat`, 'utf8')), stop: () => clearInterval(timer) };
}

/** What a straight line through the values (least squares) gains from the first to the last; 0 with fewer than two. */
export function gainOf(points: readonly { readonly x: number; readonly y: number }[]): number {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || last.x === first.x) return 0;
  const meanX = points.reduce((sum, { x }) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, { y }) => sum + y, 0) / points.length;
  const slope = points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return slope * (last.x - first.x);
}
