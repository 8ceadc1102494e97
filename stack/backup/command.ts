// ./loop backup and ./loop restore: their arguments, and what a person reads.
import { resolve } from 'node:path';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { openContext } from '../context.ts';
import type { Say } from '../fetch.ts';
import { pathsOf } from '../paths.ts';
import { dim, UsageError } from '../say.ts';
import { readArgs } from '../verbs/verb.ts';
import { checkBackup, makeBackup, restoreBackup } from './backup.ts';
import { bytesIn, sizeText, type Manifest } from './manifest.ts';

const print: Say = (line) => console.log(dim(line));
const told = (manifest: Manifest): string => `${sizeText(bytesIn(manifest))} in ${manifest.files.length} files`;
function folderIn(words: readonly string[]): string {
  const [dir, ...more] = words;
  if (dir === undefined || more.length > 0) throw new UsageError('one folder is expected');
  return resolve(dir);
}

export async function runBackup(args: readonly string[]): Promise<number> {
  const dir = folderIn(readArgs(args, {}).words);
  const { paths } = openContext(process.env, { create: false });
  const began = performance.now();
  const manifest = await makeBackup(paths, dir, new Date(), print);
  console.log(`backed up ${manifest.of}: ${told(manifest)}, ${((performance.now() - began) / 1000).toFixed(1)} s; the passwords of the stack are in it\nNext: ./loop up; to bring it back: ./loop restore ${dir}`);
  return 0;
}

export async function runRestore(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { check: { type: 'boolean' }, replace: { type: 'boolean' } });
  const dir = folderIn(words);
  if (values.check) {
    console.log(`the backup is whole: ${told(await checkBackup(dir, print))}`);
    return 0;
  }
  // No stack need be there: the secrets come with the backup.
  const { homeDir, cacheDir } = readSettings(process.env, readSecretFile);
  const paths = pathsOf(homeDir, cacheDir, process.env['XDG_CACHE_HOME']);
  const manifest = await restoreBackup(paths, dir, { replace: values.replace ?? false }, print);
  console.log(`restored ${paths.home} as ${manifest.of} was at ${manifest.madeAt}: ${told(manifest)}\nNext: ./loop up, then ./loop verify`);
  return 0;
}
