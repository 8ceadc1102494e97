// What a job works on, in memory: objects by address, what was published, uploads that appear only when they are completed. One hand, in this thread, works on small blocks.
import assert from 'node:assert/strict';
import { decodeRecordSet } from '../../producers/wire/fetched.ts';
import type { PackedBatch } from '../../producers/wire/packer.ts';
import { decoderFor, schemaText } from '../../schemas/codec.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { poison, transient } from '../../schemas/failure.ts';
import type { Crew } from './crew.ts';
import { createHand } from './hand.ts';
import { tinyModel } from '../tiny.testing.ts';
import type { Storage } from './s3.ts';
import type { BatchJob, BatchTold, WorkPorts } from './work.ts';

const TINY = tinyModel(7, 1);
export const INPUT = 's3://dataset/in.csv';
export const JOB_ID = '01900000-0000-7000-8000-000000000001';

const IDS = { predictionsId: 3, feedbackId: 4 };
const decodePrediction = decoderFor('predictions', schemaText('predictions'));
const decodeFeedback = decoderFor('feedback', schemaText('feedback'));
export type Sent = { readonly topic: 'predictions'; readonly key: string; readonly partition: number; readonly value: Prediction } | { readonly topic: 'feedback'; readonly key: string; readonly partition: number; readonly value: Feedback };
/** The events in a batch, as a consumer reads them. */
async function eventsIn({ topic, partition, bytes, records }: PackedBatch): Promise<Sent[]> {
  const found = (await decodeRecordSet(Buffer.from(bytes), () => Promise.reject(new Error('not compressed')))) ?? [];
  assert.equal(found.length, records);
  return found.map(({ key, value }): Sent => {
    const common = { key: String(key), partition };
    return topic === 'predictions' ? { topic, ...common, value: decodePrediction(value ?? Buffer.alloc(0)) } : { topic: 'feedback', ...common, value: decodeFeedback(value ?? Buffer.alloc(0)) };
  });
}
/** Blocks are worked on in their turn, each a turn of the loop later. */
function crewOfOne(): Crew {
  const hand = createHand();
  const later = <R>(work: () => R): Promise<R> => new Promise((resolve) => setImmediate(resolve)).then(work);
  return { blocks: 3, checkBy: hand.checkBy, scoreBy: async (model, wire) => hand.scoreBy(model, wire), check: (block) => later(() => hand.check(block)), score: (block, nowMs) => later(() => hand.score(block, nowMs)), room: () => undefined, giveBack: hand.reuse, close: () => undefined };
}

/** content: the file at INPUT. chunkBytes: the pieces it is read in. */
export function bench(content: Buffer | string, { chunkBytes = 7, change = {} }: { chunkBytes?: number; change?: Partial<WorkPorts> } = {}) {
  const objects = new Map<string, Buffer>([...TINY.objects, [INPUT, Buffer.from(content as string)]]);
  const open = new Set<string>();
  const sent: Sent[] = [];
  const told: BatchTold[] = [];
  const found = (uri: string): Buffer => {
    const one = objects.get(uri);
    if (one === undefined) throw poison('no_object', `there is no object ${uri}`);
    return one;
  };
  const storage: Storage = {
    stat: async (uri) => ({ bytes: found(uri).length, etag: String(found(uri).length) }),
    async *read(uri) {
      const bytes = found(uri);
      for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
    },
    put: async (uri, text) => void objects.set(uri, Buffer.from(text)),
    clear: ({ uri }) => Promise.resolve(void open.delete(uri)),
    upload(uri, header) {
      const text = [Buffer.from(header)];
      open.add(uri);
      return {
        write: async (more) => void text.push(Buffer.from(more as Uint8Array<ArrayBuffer>)),
        complete: async () => void (objects.set(uri, Buffer.concat(text)), open.delete(uri)),
        abort: async () => void open.delete(uri),
      };
    },
  };
  const job: BatchJob = {
    jobId: JOB_ID, inputUri: INPUT, input: { bytes: found(INPUT).length, etag: String(found(INPUT).length) }, badRows: 'refuse', saidAtMs: 500,
    model: { name: 'tiny', version: 'v7', manifestUri: TINY.promoted.manifest_uri, manifestSha256: TINY.promoted.manifest_sha256 }, leftovers: [],
  };
  const ports: WorkPorts = {
    storage, read: async (uri) => found(uri), crew: crewOfOne(), blockSize: { bytes: 60, rows: 4 }, wire: async () => ({ ...IDS, widths: new Map([['predictions', 3], ['feedback', 3]]) }),
    publish: async (batches) => void sent.push(...(await Promise.all(batches.map(eventsIn))).flat()), tell: (one) => told.push(one), mayFinish: () => Promise.resolve(true),
    nowMs: () => 1000, auditRate: 0, categories: ['Household & Personal Care'], tellEveryMs: 0, ...change,
  };
  return { objects, open, sent, told, storage, job, ports, text: (uri: string) => objects.get(uri)?.toString() };
}
export const away = transient('kafka_unavailable', 'Kafka did not acknowledge');
