// Reads objects from S3.
import { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Client as Minio } from 'minio';
import { s3Options } from '../producers/connections.ts';
import { LoopError, messageOf, poison, transient } from '../schemas/failure.ts';
import { parseS3Uri, type Settings } from '../schemas/settings.ts';

export { sha256 } from './sha256.ts';
/** Throws poison `no_object` when it is not there, poison `too_large` when it has more than maxBytes (it is not read then), transient `s3_unavailable` when S3 does not answer. */
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
export function createReadObject(settings: Settings): ReadObject {
  const s3 = new Minio(s3Options(settings));
  return async (uri, maxBytes) => {
    const { bucket, key } = placeOf(uri);
    try {
      if (maxBytes !== undefined) {
        const { size } = await s3.statObject(bucket, key);
        if (size > maxBytes) throw poison('too_large', `${uri} has ${size} bytes; at most ${maxBytes} are read (MAX_CSV_BYTES). Cut it into smaller files`);
      }
      return await whole(await s3.getObject(bucket, key));
    } catch (cause) {
      if (cause instanceof LoopError) throw cause;
      if (ABSENT.has(typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined)) throw poison('no_object', `there is no object ${uri}`, { cause });
      throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not give ${uri} (${messageOf(cause)})`, { cause });
    }
  };
}
