// The supervisor process: runs our four processes, starts again what dies, stops all on SIGTERM. Its state is a file that `status` reads.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync } from 'node:fs';
import { openContext } from './context.ts';
import { credentialsOf } from './mysqlUsers.ts';
import { PROJECT_DIR } from './paths.ts';
import { rememberPid, stopPart } from './pids.ts';
import { failuresAfter, MAIN, MEMORY_ENV, nodeFlagsOf, PROCESSES, restartDelayMs, writeStates, type ProcessName } from './processes.ts';
import { openLog } from './services/service.ts';

type State = { pid: number | undefined; starts: number; failures: number; lastExit: string | undefined };
const KILL_AFTER_MS = 20_000;
const { settings, paths, env } = openContext(process.env, { create: false });
const states = new Map<ProcessName, State>();
const children = new Map<ProcessName, ChildProcess>();
let stopping = false;

const save = (): void => writeStates(paths.run, states);

function run(name: ProcessName): void {
  if (stopping) return;
  const state = states.get(name) ?? { pid: undefined, starts: 0, failures: 0, lastExit: undefined };
  states.set(name, state);
  const log = openLog(paths, name);
  const startedAt = performance.now();
  const child = spawn(process.execPath, [...nodeFlagsOf(MAIN[name]), MAIN[name]], { cwd: PROJECT_DIR, env: { ...MEMORY_ENV, ...env, ...credentialsOf(MAIN[name], settings) }, stdio: ['ignore', log, log] });
  closeSync(log);
  children.set(name, child);
  state.pid = child.pid;
  if (child.pid !== undefined) rememberPid(paths.run, name, child.pid);
  state.starts += 1;
  save();
  child.on('close', (code, signal) => {
    const ranMs = performance.now() - startedAt;
    state.pid = undefined;
    state.lastExit = signal ?? `exit ${code}`;
    state.failures = failuresAfter(state.failures, ranMs);
    children.delete(name);
    save();
    if (stopping) {
      if (children.size === 0) process.exit(0);
    } else setTimeout(run, restartDelayMs(name, state.failures, ranMs, settings.sessionTimeoutMs), name);
  });
}

function stop(): void {
  if (stopping) return;
  stopping = true;
  for (const child of children.values()) child.kill('SIGTERM');
  setTimeout(() => {
    for (const child of children.values()) child.kill('SIGKILL');
  }, KILL_AFTER_MS).unref();
  if (children.size === 0) process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// A supervisor that was killed leaves its processes behind: they end before ours begin.
save();
await Promise.all(PROCESSES.map((name) => stopPart(paths.run, name, KILL_AFTER_MS)));
for (const name of PROCESSES) run(name);
// The event loop is kept alive by the children and by restarts that wait; this covers the moment between the two.
setInterval(() => undefined, 60_000);
