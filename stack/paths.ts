// Where things lie: the data folder, the download cache, the project itself.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const PROJECT_DIR = resolve(dirname(fileURLToPath(import.meta.url)), '..');
export type Paths = { readonly home: string; readonly cache: string; readonly logs: string; readonly run: string; readonly secrets: string; readonly tokens: string; readonly schemas: string };

/** Absolute folders of one stack. A relative LOOP_HOME lies in the project. */
export function pathsOf(homeDir: string, cacheDir: string, xdgCache: string | undefined): Paths {
  const home = resolve(PROJECT_DIR, homeDir);
  const cache = cacheDir === '' ? join(xdgCache ?? join(homedir(), '.cache'), 'live-f1-loop') : resolve(cacheDir);
  return { home, cache, logs: join(home, 'logs'), run: join(home, 'run'), secrets: join(home, 'secrets.json'), tokens: join(home, 'tokens'), schemas: join(home, 'schemas.json') };
}
