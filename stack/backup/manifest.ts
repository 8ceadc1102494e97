// What a backup holds, file by file, and how a copy differs from it. Refuses to know where files lie. Pure.
import { fatal } from '../../schemas/failure.ts';
import { isObject, objectIn } from '../../schemas/objectIn.ts';

/** path: from the copied folder on, with '/'. */
export type FileMark = { readonly path: string; readonly bytes: number; readonly sha256: string };
/** Folders too: an empty bucket is one. */
export type Tree = { readonly files: readonly FileMark[]; readonly folders: readonly string[] };
export type Manifest = Tree & { /** ISO 8601 */ readonly madeAt: string; /** the data folder it was made of */ readonly of: string };

const FORMAT = 1;
export const bytesIn = ({ files }: { readonly files: readonly { readonly bytes: number }[] }): number => files.reduce((sum, { bytes }) => sum + bytes, 0);
export const sizeText = (bytes: number): string => (bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : bytes < 1_000_000_000 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1_000_000_000).toFixed(2)} GB`);
/** A part is a file or a folder right in the data folder: kafka, mysql, secrets.json. */
export const partOf = (path: string): string => path.split('/', 1)[0] ?? path;

/** As it is written down. */
export const manifestJson = ({ madeAt, of, files, folders }: Manifest): object => ({ format: FORMAT, made_at: madeAt, of, folders, files });

/** Below the folder, by one name only. */
const isPath = (value: unknown): value is string => typeof value === 'string' && value.split('/').every((step) => step !== '' && step !== '.' && step !== '..') && !value.includes('\0');
function markOf(value: unknown): FileMark | undefined {
  if (!isObject(value)) return undefined;
  const read = (name: string): unknown => Reflect.get(value, name);
  const [path, bytes, sha256] = [read('path'), read('bytes'), read('sha256')];
  return isPath(path) && typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0 && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? { path, bytes, sha256 } : undefined;
}
/** Throws fatal `backup_damaged` naming the file and what is wrong with it. */
export function readManifest(file: string, text: string): Manifest {
  const bad = (why: string): never => {
    throw fatal('backup_damaged', `${file} is not the manifest of a backup: ${why}`);
  };
  const whole = objectIn(text, bad);
  const read = (name: string): unknown => Reflect.get(whole, name);
  if (read('format') !== FORMAT) return bad(`its format is not ${FORMAT}; a later version of this program may have made it`);
  const [madeAt, of, folders, files] = [read('made_at'), read('of'), read('folders'), read('files')];
  if (typeof madeAt !== 'string' || typeof of !== 'string') return bad('it does not say when and of what it was made');
  if (!Array.isArray(folders) || !Array.isArray(files)) return bad('it has no list of folders and files');
  const marks = files.map((one: unknown, i) => markOf(one) ?? bad(`file ${i + 1} of its list has no path, size and SHA-256`));
  const names = folders.map((one: unknown, i) => (isPath(one) ? one : bad(`folder ${i + 1} of its list is no path`)));
  if (new Set([...names, ...marks.map(({ path }) => path)]).size !== names.length + marks.length) return bad('it names something twice');
  return { madeAt, of, folders: names, files: marks };
}

/** One line per difference, sorted by path; none: the same. A mark without sha256 is held against its size alone. */
export function differencesOf(should: Tree, is: { readonly files: readonly (Omit<FileMark, 'sha256'> & { readonly sha256?: string })[]; readonly folders: readonly string[] }): string[] {
  const found = new Map(is.files.map((one) => [one.path, one]));
  const standing = new Set(is.folders);
  const lines: [path: string, why: string][] = [];
  for (const { path, bytes, sha256 } of should.files) {
    const one = found.get(path);
    found.delete(path);
    if (one === undefined) lines.push([path, 'is missing']);
    else if (one.bytes !== bytes) lines.push([path, `has ${one.bytes} bytes, should have ${bytes}`]);
    else if (one.sha256 !== undefined && one.sha256 !== sha256) lines.push([path, 'has another SHA-256 than it should']);
  }
  for (const folder of should.folders) if (!standing.delete(folder)) lines.push([folder, 'is missing (a folder)']);
  for (const path of [...found.keys(), ...standing]) lines.push([path, 'should not be there']);
  return lines.sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, why]) => `${path} ${why}`);
}
const SHOWN = 10;
export const shownOf = (lines: readonly string[]): string => [...lines.slice(0, SHOWN), ...(lines.length > SHOWN ? [`and ${lines.length - SHOWN} more`] : [])].map((line) => `\n  ${line}`).join('');
