// A folder as it lies on disk: listed, hashed, copied with all that belongs to its files.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdirSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fatal } from '../../schemas/failure.ts';
import { runProgram, type Say } from '../fetch.ts';
import { bytesIn, partOf, sizeText, type FileMark, type Tree } from './manifest.ts';

export type Listing = { readonly files: readonly Omit<FileMark, 'sha256'>[]; readonly folders: readonly string[] };

/** Everything below `root` but the parts in `leaveOut`, sorted. Fatal `not_a_file` on what is neither file nor folder: a copy of a link would hold nothing of what it leads to. */
export function listTree(root: string, leaveOut: ReadonlySet<string> = new Set()): Listing {
  const files: Omit<FileMark, 'sha256'>[] = [];
  const folders: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (leaveOut.has(path)) continue;
      if (entry.isFile()) files.push({ path, bytes: statSync(join(root, path)).size });
      else if (entry.isDirectory()) {
        folders.push(path);
        walk(path);
      } else throw fatal('not_a_file', `${join(root, path)} is ${entry.isSymbolicLink() ? 'a link' : 'neither file nor folder'}: it cannot be part of a backup. Put what it leads to in its place`);
    }
  };
  walk('');
  return { files, folders };
}

const SPEAK_EVERY_MS = 2000;
/** The listing with the SHA-256 of every file, and its size as it was read; says how far it is while that takes long. */
export async function markTree(root: string, { files, folders }: Listing, doing: string, say: Say): Promise<Tree> {
  const all = bytesIn({ files });
  const marks: FileMark[] = [];
  let read = 0;
  let spoke = performance.now();
  for (const { path } of files) {
    const hash = createHash('sha256');
    const before = read;
    await pipeline(createReadStream(join(root, path), { highWaterMark: 1 << 20 }), async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        read += chunk.length;
        if (performance.now() - spoke < SPEAK_EVERY_MS) continue;
        spoke = performance.now();
        say(`${doing}  ${sizeText(read)} of ${sizeText(all)}  ${partOf(path)}`);
      }
    });
    marks.push({ path, bytes: read - before, sha256: hash.digest('hex') });
  }
  return { files: marks, folders };
}

/** The parts of `from` into `to`, which must not have them. cp keeps owner, mode and times, and the notes of the S3 server (extended attributes), of which Node knows nothing. */
export async function copyParts(from: string, to: string, listing: Listing, say: Say): Promise<void> {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  for (const part of new Set([...listing.folders, ...listing.files.map(({ path }) => path)].map(partOf))) {
    const files = listing.files.filter(({ path }) => partOf(path) === part);
    say(`copying  ${part}  ${sizeText(bytesIn({ files }))}${files.length === 1 ? '' : `, ${files.length} files`}`);
    await runProgram('cp', ['-a', join(from, part), join(to, part)]);
  }
}

/** Bytes that still fit where `folder` is or will be. */
export function freeBytesAt(folder: string): number {
  let standing = folder;
  while (!existsSync(standing)) standing = dirname(standing);
  const { bavail, bsize } = statfsSync(standing);
  return bavail * bsize;
}
/** Fatal `no_room` when it does not fit. */
export function requireRoom(folder: string, bytes: number, free = freeBytesAt(folder)): void {
  if (bytes > free) throw fatal('no_room', `${folder} needs ${sizeText(bytes)}, there is room for ${sizeText(free)}`);
}
