// Files for browsers, read and compressed once and kept in memory: each with its type, its ETag and the encodings it can be sent in.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { extname, join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Encoding } from './encoding.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.ts': 'text/javascript; charset=utf-8', '.css': 'text/css; charset=utf-8', '.svg': 'image/svg+xml' };
export type PageFile = { readonly type: string; readonly etag: string; readonly bytes: Readonly<Record<Encoding, Buffer>> };
export type Pages = ReadonlyMap<string, PageFile>;

/** Throws when a file is missing or of a type that is not served. */
export function readPages(folder: string, names: readonly string[]): Pages {
  return new Map(names.map((name) => {
    const extension = extname(name);
    const type = TYPES[extension];
    if (type === undefined) throw new Error(`${join(folder, name)}: a page is one of ${Object.keys(TYPES).join(' ')}`);
    const source = readFileSync(join(folder, name));
    const identity = extension === '.ts' ? Buffer.from(withoutTypes(source.toString())) : source;
    return [name, { type, etag: `"${createHash('sha256').update(identity).digest('base64url').slice(0, 22)}"`, bytes: { identity, gzip: gzipSync(identity, { level: 9 }), br: brotliCompressSync(identity) } }];
  }));
}

/** Node warns that this is experimental; the processes themselves are run by it. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** Whether `If-None-Match` names the file as it is: the weak form too, for a proxy that compresses makes it weak. */
export const isKnown = (ifNoneMatch: string | undefined, etag: string): boolean => ifNoneMatch !== undefined && (ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === etag));
