// Reads objects from S3.
import { createHash } from 'node:crypto';
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Client as Minio } from 'minio';
import { s3Options } from '../producers/connections.ts';
import { LoopError, messageOf, poison, transient } from '../schemas/failure.ts';
import { parseS3Uri } from '../schemas/s3Uri.ts';
import type { Settings } from '../schemas/settings.ts';

export { sha256 } from './sha256.ts';
/** Throws poison `no_object` when it is not there, poison `too_large` when it has more than maxBytes (it is not read then), transient `s3_unavailable` when S3 does not answer, transient `damaged` when what comes is not what S3 says it is. */
export type ReadObject = (uri: string, maxBytes?: number) => Promise<Buffer>;
const ABSENT = new Set<unknown>(['NoSuchKey', 'NotFound', 'NoSuchBucket']);

/** Bucket and key of an address. Throws poison `bad_uri`. */
export function placeOf(uri: string): { readonly bucket: string; readonly key: string } {
  const place = parseS3Uri(uri);
  if (place === undefined) throw poison('bad_uri', `'${uri}' is not an s3://bucket/key address`);
  return place;
}
/** The bytes of an answer in memory of their own, put in their place as they come: to join megabytes at the end would hold up whatever else the process does. */
async function whole(answer: Readable): Promise<Buffer> {
  let bytes = Buffer.allocUnsafeSlow(answer instanceof IncomingMessage ? Number(answer.headers['content-length'] ?? 0) : 0);
  let filled = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    if (filled + chunk.length > bytes.length) bytes = Buffer.concat([bytes.subarray(0, filled)], Math.max(2 * bytes.length, filled + chunk.length));
    filled += chunk.copy(bytes, filled);
  }
  return bytes.subarray(0, filled);
}
/** What S3 says these bytes are: the MD5 of an object that was put in one piece and is not encrypted with a key of its own is its ETag. Undefined: it does not tell. */
export function md5In(headers: Readonly<Record<string, string | readonly string[] | undefined>>): string | undefined {
  const { etag } = headers;
  const plain = headers['x-amz-server-side-encryption-customer-algorithm'] === undefined && !String(headers['x-amz-server-side-encryption'] ?? '').startsWith('aws:kms');
  return plain && typeof etag === 'string' ? /^"?([0-9a-f]{32})"?$/i.exec(etag)?.[1]?.toLowerCase() : undefined;
}
/** Throws transient `damaged` when the bytes are not what S3 says they are: on their way something has changed them, or S3 itself has. */
function checkWhole(uri: string, answer: Readable, bytes: Buffer): void {
  if (!(answer instanceof IncomingMessage)) return;
  const declared = Number(answer.headers['content-length'] ?? bytes.length);
  if (bytes.length !== declared) throw transient('damaged', `${uri} came with ${bytes.length} of ${declared} bytes`);
  const md5 = md5In(answer.headers);
  if (md5 !== undefined && createHash('md5').update(bytes).digest('hex') !== md5) throw transient('damaged', `${uri} came damaged: the MD5 of its ${bytes.length} bytes is not the one S3 tells`);
}
export function createReadObject(settings: Settings): ReadObject {
  const s3 = new Minio(s3Options(settings));
  return async (uri, maxBytes) => {
    const { bucket, key } = placeOf(uri);
    try {
      if (maxBytes !== undefined) {
        const { size } = await s3.statObject(bucket, key);
        if (size > maxBytes) throw poison('too_large', `${uri} has ${size} bytes; at most ${maxBytes} are read (MAX_CSV_BYTES). Cut it into smaller files`);
      }
      const answer = await s3.getObject(bucket, key);
      const bytes = await whole(answer);
      checkWhole(uri, answer, bytes);
      return bytes;
    } catch (cause) {
      if (cause instanceof LoopError) throw cause;
      if (ABSENT.has(typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined)) throw poison('no_object', `there is no object ${uri}`, { cause });
      throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not give ${uri} (${messageOf(cause)})`, { cause });
    }
  };
}
