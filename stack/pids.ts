// Which child processes are ours: pid files that also name the process's start, so a reused pid is never taken for ours.
import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export type PidFile = { readonly pid: number; readonly birth: string };

/** What tells two processes with the same pid apart: kernel start ticks, or ps's start time where there is no /proc. undefined: no such process (or a zombie). */
export function birthOf(pid: number): string | undefined {
  if (existsSync('/proc/self/stat')) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  const text = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return text === '' ? undefined : text;
}

const fileOf = (runDir: string, part: string): string => join(runDir, `${part}.pid`);

export function writeJson(file: string, value: unknown): void {
  mkdirSync(dirname(file), { recursive: true });
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, JSON.stringify(value), { mode: 0o600 });
  renameSync(fresh, file);
}

export const rememberPid = (runDir: string, part: string, pid: number): void => writeJson(fileOf(runDir, part), { pid, birth: birthOf(pid) ?? '' });

/** Marks this process as the one that does `part`; undefined when another live process does, otherwise what gives the mark back. */
export function claim(runDir: string, part: string): (() => void) | undefined {
  const file = fileOf(runDir, part);
  mkdirSync(runDir, { recursive: true });
  for (;;) {
    if (runningPid(runDir, part) !== undefined) return undefined;
    const fresh = `${file}.${process.pid}.new`;
    writeFileSync(fresh, JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) ?? '' }));
    try {
      // A link appears whole or not at all, and only one of two can make it.
      linkSync(fresh, file);
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    } finally {
      rmSync(fresh, { force: true });
    }
  }
}

/** The pid of a part that runs, or undefined; a stale file is removed. */
export function runningPid(runDir: string, part: string): number | undefined {
  const file = fileOf(runDir, part);
  if (!existsSync(file)) return undefined;
  let read: Partial<PidFile> = {};
  try {
    read = JSON.parse(readFileSync(file, 'utf8')) as Partial<PidFile>;
  } catch {
    // A torn file is as good as a stale one.
  }
  if (typeof read.pid === 'number' && birthOf(read.pid) === read.birth) return read.pid;
  rmSync(file, { force: true });
  return undefined;
}

/** SIGTERM, then SIGKILL after the deadline. Resolves when the process is gone; says how. */
export async function stopPart(runDir: string, part: string, deadlineMs: number): Promise<'not running' | 'stopped' | 'killed'> {
  const pid = runningPid(runDir, part);
  if (pid === undefined) return 'not running';
  const signal = (name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
    } catch {
      // Gone already.
    }
  };
  signal('SIGTERM');
  const until = performance.now() + deadlineMs;
  while (runningPid(runDir, part) !== undefined && performance.now() < until) await pause(50);
  const killed = runningPid(runDir, part) !== undefined;
  while (runningPid(runDir, part) !== undefined) {
    signal('SIGKILL');
    await pause(50);
  }
  return killed ? 'killed' : 'stopped';
}
