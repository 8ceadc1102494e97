// A real Chromium for tests and screenshots of the console: the one on the PATH, else Debian's package with whatever this machine lacks for it, unpacked into the cache. Nothing is installed.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fatal, LoopError, messageOf } from '../schemas/failure.ts';
import { part, runProgram, type Say } from './fetch.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const HELP = 'Put chromium or google-chrome on the PATH.';
/** env: what it needs to find its libraries. */
export type Chromium = { readonly executable: string; readonly env: Readonly<Record<string, string>> };

/** The packages apt would install for `name`, itself among them. */
export const packagesIn = (simulated: string): string[] => [...simulated.matchAll(/^Inst (\S+) /gm)].map(([, name = '']) => name);

export async function fetchChromium(cache: string, say: Say): Promise<Chromium> {
  for (const dir of (process.env['PATH'] ?? '').split(':')) for (const name of NAMES) if (dir !== '' && existsSync(join(dir, name))) return { executable: join(dir, name), env: {} };
  const home = await part(cache, 'chromium', say, async (dir) => {
    try {
      const packages = packagesIn(await runProgram('apt-get', ['--simulate', '--no-install-recommends', 'install', 'chromium'], { cwd: dir, missing: HELP }));
      await runProgram('apt-get', ['download', ...packages], { cwd: dir, missing: HELP });
    } catch (error) {
      throw fatal(error instanceof LoopError ? error.code : 'program_failed', `${messageOf(error)}\nRun apt-get update, or: ${HELP}`, { cause: error });
    }
    for (const file of readdirSync(dir).filter((one) => one.endsWith('.deb'))) {
      await runProgram('dpkg', ['-x', join(dir, file), dir]);
      rmSync(join(dir, file));
    }
  });
  return { executable: join(home, 'usr/lib/chromium/chromium'), env: { LD_LIBRARY_PATH: [join(home, 'usr/lib'), join(home, 'lib')].flatMap((dir) => foldersBelow(dir, 2)).join(':') } };
}
/** Debian keeps libraries in a folder per machine type, and those of one program in a folder below. */
function foldersBelow(dir: string, depth: number): string[] {
  if (!existsSync(dir)) return [];
  const below = depth === 0 ? [] : readdirSync(dir, { withFileTypes: true }).filter((one) => one.isDirectory()).flatMap((one) => foldersBelow(join(dir, one.name), depth - 1));
  return [dir, ...below];
}
