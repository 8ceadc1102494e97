// What a job works on, in memory: objects by address, what was published, uploads that appear only when they are completed.
import { poison, transient } from '../../schemas/failure.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { tinyModel } from '../tiny.testing.ts';
import type { Storage } from './s3.ts';
import type { BatchJob, BatchTold, WorkPorts } from './work.ts';

const TINY = tinyModel(7, 1);
export const INPUT = 's3://dataset/in.csv';
export const JOB_ID = '01900000-0000-7000-8000-000000000001';

/** content: the file at INPUT. chunkBytes: the pieces it is read in. */
export function bench(content: Buffer | string, { chunkBytes = 7, change = {} }: { chunkBytes?: number; change?: Partial<WorkPorts> } = {}) {
  const objects = new Map<string, Buffer>([...TINY.objects, [INPUT, Buffer.from(content as string)]]);
  const open = new Set<string>();
  const sent: Outgoing[] = [];
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
    clear: ({ uri }) => Promise.resolve(void open.delete(uri)),
    upload(uri, header) {
      let text = header;
      open.add(uri);
      return {
        write: async (more) => void (text += more),
        complete: async () => void (objects.set(uri, Buffer.from(text)), open.delete(uri)),
        abort: async () => void open.delete(uri),
      };
    },
  };
  const job: BatchJob = {
    jobId: JOB_ID, inputUri: INPUT, input: { bytes: found(INPUT).length, etag: String(found(INPUT).length) }, badRows: 'refuse', saidAtMs: 500,
    model: { name: 'tiny', version: 'v7', manifestUri: TINY.promoted.manifest_uri, manifestSha256: TINY.promoted.manifest_sha256 }, leftovers: [],
  };
  const ports: WorkPorts = {
    storage, read: async (uri) => found(uri), publish: async (messages) => void sent.push(...messages), tell: (one) => told.push(one), mayFinish: () => Promise.resolve(true),
    nowMs: () => 1000, auditRate: 0, categories: ['Household & Personal Care'], tellEveryMs: 0, ...change,
  };
  return { objects, open, sent, told, storage, job, ports, text: (uri: string) => objects.get(uri)?.toString() };
}
export const away = transient('kafka_unavailable', 'Kafka did not acknowledge');
