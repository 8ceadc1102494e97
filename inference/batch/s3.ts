// Objects in S3 piece by piece: reading that goes on where it broke off, writing in parts that nobody sees before the whole stands.
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import { placeOf } from '../../consumers/objects.ts';
import { s3Options } from '../../producers/connections.ts';
import { messageOf, poison, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';

export type Facts = { readonly bytes: number; /** changes with the content */ readonly etag: string };
export type Upload = {
  /** Resolves when there is room for more: at most three parts are in memory, two of them on their way. */
  write(text: string | Uint8Array): Promise<void>;
  /** Everything written stands at the address, as one object. */
  complete(): Promise<void>;
  /** Nothing of it remains. */
  abort(): Promise<void>;
};
/** An upload that has been begun: S3 keeps its parts, unseen, until it is completed or ended. */
export type Leftover = { readonly uri: string; readonly uploadId: string };
export type Storage = {
  /** Throws poison `no_object`, transient `s3_unavailable`. */
  stat(uri: string): Promise<Facts>;
  /** All of it, from the start; bytes: how many there are. A connection that is cut is taken up where it broke off. */
  read(uri: string, bytes: number): AsyncIterable<Uint8Array>;
  /** header: the first line, written with the first part. begun: told what an attempt that dies leaves behind. */
  upload(uri: string, header: string, begun: (leftover: Leftover) => void): Upload;
  /** A small object, whole. Throws transient `s3_unavailable`. */
  put(uri: string, text: string): Promise<void>;
  /** Ends an upload that was begun and never completed. */
  clear(leftover: Leftover): Promise<void>;
};
/** S3 takes no smaller part than 5 MiB but the last, and 10,000 parts at most: 50 GB. */
const PART_BYTES = 5 * 2 ** 20;
/** While one is filled. */
const PARTS_ON_THEIR_WAY = 2;
const FIRST_PAUSE_MS = 200;
const TRIES = 8;
const ABSENT = new Set<unknown>(['NoSuchKey', 'NotFound', 'NoSuchBucket']);
const codeOf = (cause: unknown): unknown => (typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined);

/** Again after 0.2, 0.4, 0.8 … s; the last failure is the caller's. */
export async function patiently<R>(ask: () => Promise<R>, isHopeless: (error: unknown) => boolean = () => false): Promise<R> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (tries === TRIES || isHopeless(error)) throw error;
      await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}

export function createStorage(settings: Settings): Storage {
  const s3 = new Minio(s3Options(settings));
  const failed = (what: string, uri: string) => (cause: unknown): never => {
    if (ABSENT.has(codeOf(cause))) throw poison('no_object', `there is no object ${uri}`, { cause });
    throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not ${what} ${uri} (${messageOf(cause)})`, { cause });
  };
  return {
    async stat(uri) {
      const { bucket, key } = placeOf(uri);
      const { size, etag } = await s3.statObject(bucket, key).catch(failed('tell about', uri));
      return { bytes: size, etag };
    },
    async *read(uri, bytes) {
      const { bucket, key } = placeOf(uri);
      let at = 0;
      for (let tries = 1; ; tries += 1) {
        try {
          for await (const chunk of at === 0 ? await s3.getObject(bucket, key) : await s3.getPartialObject(bucket, key, at)) {
            at += (chunk as Buffer).length;
            tries = 1;
            yield chunk as Buffer;
          }
          if (at >= bytes) return;
          throw new Error(`it ends after ${at} of ${bytes} bytes`);
        } catch (cause) {
          // To ask for what lies behind the end is an error to S3.
          if (at >= bytes) return;
          if (tries >= TRIES || ABSENT.has(codeOf(cause))) failed('give', uri)(cause);
          await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
        }
      }
    },
    async put(uri, text) {
      const { bucket, key } = placeOf(uri);
      await s3.putObject(bucket, key, Buffer.from(text)).catch(failed('take', uri));
    },
    async clear({ uri, uploadId }) {
      const { bucket, key } = placeOf(uri);
      // It may have been completed or ended long ago.
      await s3.abortMultipartUpload(bucket, key, uploadId).catch(() => undefined);
    },
    upload(uri, header, begun) {
      const { bucket, key } = placeOf(uri);
      const parts: { etag: string; part: number }[] = [];
      /** Parts on their way, the oldest first. */
      const sending: Promise<void>[] = [];
      /** Buffers of parts that have arrived: filled again, so that memory does not grow with the object. */
      const spare: Buffer[] = [];
      let filling: Buffer | undefined;
      let filled = 0;
      let numbered = 0;
      let id: Promise<string> | undefined;
      async function initiate(): Promise<string> {
        const uploadId = await patiently(() => s3.initiateNewMultipartUpload(bucket, key, { 'content-type': 'text/csv; charset=utf-8' }));
        begun({ uri, uploadId });
        return uploadId;
      }
      async function send(payload: Buffer, part: number): Promise<void> {
        const uploadID = await (id ??= initiate());
        const { etag } = await patiently(() => s3.uploadPart({ bucketName: bucket, objectName: key, uploadID, partNumber: part, headers: {} }, payload));
        parts.push({ etag, part });
      }
      async function flush(): Promise<void> {
        if (filling === undefined) return;
        const [buffer, bytes] = [filling, filled];
        [filling, filled] = [undefined, 0];
        const sent = send(buffer.subarray(0, bytes), (numbered += 1)).then(() => void spare.push(buffer), failed('take', uri));
        // Whoever awaits it next hears of a failure.
        sent.catch(() => undefined);
        sending.push(sent);
        if (sending.length > PARTS_ON_THEIR_WAY) await sending.shift();
      }
      /** A part ends where its bytes end, be it within a line or a character. */
      async function write(text: string | Uint8Array): Promise<void> {
        const bytes = typeof text === 'string' ? Buffer.from(text) : text;
        for (let from = 0; from < bytes.length; ) {
          filling ??= spare.pop() ?? Buffer.allocUnsafeSlow(PART_BYTES);
          const copied = Math.min(bytes.length - from, PART_BYTES - filled);
          filling.set(bytes.subarray(from, from + copied), filled);
          filled += copied;
          from += copied;
          if (filled === PART_BYTES) await flush();
        }
      }
      const started = write(header);
      started.catch(() => undefined);
      return {
        async write(text) {
          await started;
          await write(text);
        },
        async complete() {
          await started;
          await flush();
          await Promise.all(sending);
          parts.sort((a, b) => a.part - b.part);
          if (id !== undefined) await s3.completeMultipartUpload(bucket, key, await id, parts).catch(failed('take', uri));
        },
        async abort() {
          await Promise.allSettled(sending);
          const uploadId = await id?.catch(() => undefined);
          if (uploadId !== undefined) await s3.abortMultipartUpload(bucket, key, uploadId).catch(() => undefined);
        },
      };
    },
  };
}
