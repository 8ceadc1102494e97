// For whoever runs a stack of its own beside the person's: benches, soaks, tests.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { SETTING_NAMES } from '../schemas/settingTable.ts';
import type { Env } from './context.ts';
import type { Paths } from './paths.ts';
import { stopPart } from './pids.ts';

const KILL_AFTER_MS = 20_000;
/** Its data are Kafka's. */
const KILL_REGISTRY_AFTER_MS = 3000;

/** The person's environment without settings of ours, which would change what is measured or tested. Where downloads are kept stays. */
export function cleanEnv(env: Env): Env {
  const ours = new Set(SETTING_NAMES);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !ours.has(name) || name === 'LOOP_CACHE'));
}

/** Stops whatever has a pid file in the folder but `self`, Kafka last, and deletes the folder: a run that was killed leaves both behind. */
export async function clearStack({ home, run }: Paths, self?: string): Promise<void> {
  const parts = existsSync(run) ? readdirSync(run).filter((file) => file.endsWith('.pid')).map((file) => file.slice(0, -'.pid'.length)) : [];
  const stop = (part: string): Promise<unknown> => stopPart(run, part, part === 'registry' ? KILL_REGISTRY_AFTER_MS : KILL_AFTER_MS);
  await Promise.all(parts.filter((part) => part !== 'kafka' && part !== self).map(stop));
  if (parts.includes('kafka')) await stop('kafka');
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
