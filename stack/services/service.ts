// One server as a child process: what it is (Service) and how it is brought up (startService).
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fatal } from '../../schemas/failure.ts';
import type { Paths } from '../paths.ts';
import { rememberPid, runningPid, stopPart } from '../pids.ts';

export type Command = { readonly program: string; readonly args: readonly string[]; readonly env?: Record<string, string>; readonly cwd?: string };
export type Port = { readonly number: number; readonly env: string };
export type Service = {
  readonly name: string;
  readonly ports: readonly Port[];
  /** Writes configuration, prepares the data folder, returns what to run. */
  prepare(): Promise<Command>;
  healthy(): Promise<boolean>;
};

export const answersHttp = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};
export const acceptsTcp = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

export const isPortFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });

/** A server that was killed has threads that hold its port a moment longer than it counts as a process. */
const FREE_WITHIN_MS = 2000;
/** Throws fatal `port_taken` naming the port, the part and the setting to change. */
export async function requireFreePorts(name: string, ports: readonly Port[]): Promise<void> {
  const until = performance.now() + FREE_WITHIN_MS;
  for (const port of ports) {
    let isFree = await isPortFree(port.number);
    for (; !isFree && performance.now() < until; isFree = await isPortFree(port.number)) await pause(100);
    if (!isFree) throw fatal('port_taken', `port ${port.number}, wanted by ${name}, is in use by another program: stop that program, or set ${port.env} or LOOP_PORT_BASE to another port`, { fields: { port: port.number, part: name } });
  }
}

export const logFileOf = (paths: Paths, name: string): string => join(paths.logs, `${name}.log`);
const MAX_LOG_BYTES = 50_000_000;
/** The log of a part, opened for appending; a long one is set aside first, as NAME.log.1. */
export function openLog(paths: Paths, name: string): number {
  mkdirSync(paths.logs, { recursive: true });
  const file = logFileOf(paths, name);
  if (existsSync(file) && statSync(file).size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a');
}
export const tailOf = (file: string): string => readFileSync(file, 'utf8').split('\n').slice(-12).join('\n');

/** Starts a program detached, its output appended to its log; remembers its pid. */
export function launch(paths: Paths, name: string, command: Command): number {
  const log = openLog(paths, name);
  const child = spawn(command.program, command.args, { cwd: command.cwd ?? paths.home, env: { ...process.env, ...command.env }, stdio: ['ignore', log, log], detached: true });
  closeSync(log);
  child.on('error', () => undefined);
  child.unref();
  if (child.pid === undefined) throw fatal('program_missing', `${name}: ${command.program} cannot be run; is it installed?`);
  rememberPid(paths.run, name, child.pid);
  return child.pid;
}

/** Brings the service up unless it runs. Resolves when it is healthy; fatal `service_failed` with the end of its log when it dies or takes longer than `deadlineMs`. */
export async function startService(paths: Paths, service: Service, deadlineMs: number, aborted: () => boolean, onStarted: () => void = () => undefined): Promise<'started' | 'already running'> {
  const already = runningPid(paths.run, service.name) !== undefined;
  if (!already) {
    await requireFreePorts(service.name, service.ports);
    const command = await service.prepare();
    if (aborted()) throw fatal('aborted', `${service.name}: start was interrupted`);
    launch(paths, service.name, command);
    onStarted();
  }
  const until = performance.now() + deadlineMs;
  while (!(await service.healthy())) {
    const log = logFileOf(paths, service.name);
    if (aborted()) throw fatal('aborted', `${service.name}: start was interrupted`);
    if (runningPid(paths.run, service.name) === undefined) throw fatal('service_failed', `${service.name} ended while starting. The end of ${log}:\n${tailOf(log)}`);
    if (performance.now() > until) throw fatal('service_failed', `${service.name} is not healthy after ${deadlineMs / 1000} s. The end of ${log}:\n${tailOf(log)}`);
    await pause(100);
  }
  return already ? 'already running' : 'started';
}
/** Stops a service, after `stopMs` by force, or kills it at once (crash), and brings it up again. Resolves when it is healthy; errors as of `startService`. */
export async function restartService(paths: Paths, service: Service, { crash, stopMs, startMs }: { readonly crash: boolean; readonly stopMs: number; readonly startMs: number }): Promise<void> {
  const pid = runningPid(paths.run, service.name);
  if (crash && pid !== undefined) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  await stopPart(paths.run, service.name, stopMs);
  await startService(paths, service, startMs, () => false);
}
