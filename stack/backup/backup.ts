// The data folder of a stopped stack, copied and brought back file by file. Nothing in it is read as anything but bytes.
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, rmdirSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { fatal } from '../../schemas/failure.ts';
import type { Say } from '../fetch.ts';
import type { Paths } from '../paths.ts';
import { claim, runningPid, writeJson } from '../pids.ts';
import { PROCESSES } from '../processes.ts';
import { SERVICES } from '../services.ts';
import { bytesIn, differencesOf, manifestJson, readManifest, shownOf, sizeText, type Manifest } from './manifest.ts';
import { copyParts, listTree, markTree, requireRoom } from './tree.ts';

type Where = Pick<Paths, 'home' | 'run'>;
/** What is of the moment, not of the system. */
const OF_THE_MOMENT = new Set(['run', 'logs']);
/** Where a restore gathers the copy. What stands there was interrupted. */
const RESTORING = '.restoring';
const DATA = 'data';
const MANIFEST = 'manifest.json';

const standsIn = (home: string): string[] => (existsSync(home) ? readdirSync(home).filter((name) => !OF_THE_MOMENT.has(name) && name !== RESTORING).sort() : []);
const isInside = (outer: string, inner: string): boolean => {
  const way = relative(outer, inner);
  return way !== '..' && !way.startsWith(`..${sep}`);
};
function requireOutside(home: string, dir: string): void {
  if (isInside(home, dir)) throw fatal('backup_inside', `${dir} lies in the data folder ${home}: what takes that takes the backup too. Name a folder elsewhere, best on another disk`);
}
/** Fatal `restore_interrupted` while a restore into `home` was begun and not ended. */
export function requireWhole(home: string): void {
  if (existsSync(join(home, RESTORING))) throw fatal('restore_interrupted', `a restore into ${home} was interrupted: run ./loop restore DIR --replace again, or ./loop reset`);
}

/** Does `work` while nobody can start the stack. Fatal `stack_runs` naming what runs: a file that is being written cannot be copied. */
async function whileStopped<R>({ home, run }: Where, work: () => Promise<R>): Promise<R> {
  const running = (): string[] => ['supervisor', ...PROCESSES, ...SERVICES].filter((part) => runningPid(run, part) !== undefined);
  const refuse = (parts: readonly string[]): never => {
    throw fatal('stack_runs', `the stack in ${home} runs (${parts.join(', ')}): ./loop down first`);
  };
  const first = running();
  if (first.length > 0) refuse(first);
  const release = claim(run, 'up');
  if (release === undefined) return refuse(['./loop up, backup or restore']);
  try {
    const since = running();
    return await (since.length > 0 ? refuse(since) : work());
  } finally {
    release();
  }
}

/** Copies the data folder into `dir`. Fatal with what a person should do: `backup_exists`, `backup_inside`, `stack_runs`, `restore_interrupted`, `not_a_file`, `no_room`, `copy_differs`. What a failure leaves has no manifest. */
export async function makeBackup(paths: Where, dir: string, madeAt: Date, say: Say): Promise<Manifest> {
  const home = realpathSync(paths.home);
  requireOutside(home, resolve(dir));
  requireWhole(home);
  if (existsSync(dir) && readdirSync(dir).length > 0) throw fatal('backup_exists', `${dir} is not empty${existsSync(join(dir, MANIFEST)) ? '' : existsSync(join(dir, DATA)) ? ' (a backup that was never finished: it has no manifest.json)' : ''}: name another folder, or remove it`);
  return whileStopped(paths, async () => {
    const listing = listTree(home, OF_THE_MOMENT);
    requireRoom(dir, bytesIn(listing));
    const tree = await markTree(home, listing, 'reading', say);
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    await copyParts(home, join(dir, DATA), listing, say);
    say('comparing');
    const differences = differencesOf(tree, await markTree(join(dir, DATA), listTree(join(dir, DATA)), 'comparing', say));
    if (differences.length > 0) throw fatal('copy_differs', `the copy in ${dir} differs from ${home}; does something still write there, or is the disk failing?${shownOf(differences)}`);
    const manifest: Manifest = { madeAt: madeAt.toISOString(), of: home, ...tree };
    writeJson(join(dir, MANIFEST), manifestJson(manifest));
    return manifest;
  });
}

/** The manifest of a whole backup. Fatal `no_backup`, `backup_incomplete`, or `backup_damaged` naming the files. */
export async function checkBackup(dir: string, say: Say): Promise<Manifest> {
  const file = join(dir, MANIFEST);
  if (!existsSync(dir)) throw fatal('no_backup', `there is no folder ${dir}`);
  if (!existsSync(file)) throw existsSync(join(dir, DATA)) ? fatal('backup_incomplete', `${file} is missing: it is written last, so this backup was never finished, or a part of it was lost`) : fatal('no_backup', `${dir} holds no backup: there is no manifest.json in it`);
  const manifest = readManifest(file, readFileSync(file, 'utf8'));
  const refuse = (differences: readonly string[]): void => {
    if (differences.length > 0) throw fatal('backup_damaged', `the backup in ${dir} is damaged, nothing was restored:${shownOf(differences.map((line) => `${DATA}/${line}`))}`);
  };
  const listing = existsSync(join(dir, DATA)) ? listTree(join(dir, DATA)) : { files: [], folders: [] };
  say(`checking the backup of ${manifest.madeAt}  ${sizeText(bytesIn(manifest))}, ${manifest.files.length} files`);
  // Sizes first: what is missing need not wait for gigabytes to be read.
  refuse(differencesOf(manifest, listing));
  refuse(differencesOf(manifest, await markTree(join(dir, DATA), listing, 'checking', say)));
  return manifest;
}

/** Brings a backup back. replace: what the data folder holds goes, after the copy has been compared. Fatal as checkBackup, and `not_empty`, `stack_runs`, `no_room`, `copy_differs`; until then what stood there is as it was. */
export async function restoreBackup(paths: Where, dir: string, { replace }: { readonly replace: boolean }, say: Say): Promise<Manifest> {
  const home = existsSync(paths.home) ? realpathSync(paths.home) : paths.home;
  requireOutside(home, existsSync(dir) ? realpathSync(dir) : resolve(dir));
  const before = standsIn(home);
  if (before.length > 0 && !replace) throw fatal('not_empty', `${home} is not empty (${before.join(', ')}): restore into another LOOP_HOME, or say --replace and lose what is there`);
  const manifest = await checkBackup(dir, say);
  return whileStopped(paths, async () => {
    const stage = join(home, RESTORING);
    rmSync(stage, { recursive: true, force: true });
    requireRoom(home, bytesIn(manifest));
    const listing = listTree(join(dir, DATA));
    await copyParts(join(dir, DATA), stage, listing, say);
    say('comparing');
    const differences = differencesOf(manifest, await markTree(stage, listTree(stage), 'comparing', say));
    if (differences.length > 0) {
      rmSync(stage, { recursive: true, force: true });
      throw fatal('copy_differs', `the copy in ${home} differs from the backup; nothing that stood there was touched. Is the disk failing?${shownOf(differences)}`);
    }
    for (const part of standsIn(home)) rmSync(join(home, part), { recursive: true, force: true });
    for (const part of readdirSync(stage)) renameSync(join(stage, part), join(home, part));
    // Until this folder has gone, up refuses.
    rmdirSync(stage);
    return manifest;
  });
}
