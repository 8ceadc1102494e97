// The app without a process, for tests.
import { join } from 'node:path';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { AdminActed } from '../../schemas/events.ts';
import { accessFor } from '../access/access.testing.ts';
import { createApp, type Ports } from './app.ts';
import type { ServingModel } from '../serving/loader.ts';
import { createMicroBatch } from '../serving/microBatch.ts';
import { createPredictor, type Predictor } from '../serving/predictor.ts';
import { CONSOLE_FILES } from '../console/files.ts';
import { readPages } from './pages.ts';
import { createRepeats } from '../repeats/repeats.ts';
import { createSlot } from '../serving/slot.ts';

const pages = readPages(join(import.meta.dirname, '../console'), CONSOLE_FILES);
const CATEGORIES = ['Beverages', 'Toys'];
const model = (version: string): ServingModel => ({ name: 'tiny', version, promotionSeq: 7, weightsSha256: 'aa', manifest: { uri: 's3://models/tiny/7/manifest.json', sha256: 'bb' }, categories: CATEGORIES, score: () => ({ category: 'Toys', probabilities: Float64Array.of(0.25, 0.75) }) });

/** The whole app over ports that answer at once; what it publishes stands in `sent`, what it records of admins in `audits`. Tokens: p, f, t, a for predict, feedback, train, admin. */
export function openApp({ predict, ...change }: Partial<Ports> & { readonly predict?: Predictor } = {}, serving: ServingModel | undefined = model('v7')) {
  const sent: Outgoing[] = [];
  const audits: AdminActed[] = [];
  const slot = createSlot<ServingModel>(() => undefined);
  if (serving !== undefined) slot.swap(serving);
  let ids = 0;
  const publish = change.publish ?? ((messages: readonly Outgoing[]) => (sent.push(...messages), Promise.resolve()));
  const app = createApp({
    audit: { record: (entry) => Promise.resolve(void audits.push(entry)), onLost: () => undefined }, auditLog: () => Promise.resolve({ items: [], next: undefined }),
    recent: { ask: () => Promise.resolve({ status: 'absent', heldSince: undefined }), stage: () => 'caught up' }, deadLetters: { list: () => Promise.resolve({ items: [], next: undefined }), find: () => Promise.resolve(undefined), bounds: () => Promise.resolve({ low: 0n, high: 0n }), sweep: () => Promise.resolve({ newly: 0, front: 0, hidden: 0, kept: 0, cutTo: 0n, done: true }), cut: () => Promise.resolve(true) }, purges: { rules: () => Promise.resolve([]), add: () => Promise.resolve(), forget: () => Promise.resolve() }, resends: { among: () => Promise.resolve(new Map()), claim: () => Promise.resolve(undefined), unclaim: () => Promise.resolve() }, labels: { lease: () => Promise.resolve({ items: [], waiting: 0, shared: true }), release: () => Promise.resolve(true) }, jobs: () => Promise.resolve({ jobs: [] }), job: () => Promise.resolve(undefined), trainBuckets: ['dataset'], predictBuckets: ['dataset', 'inference'], orderBatch: () => Promise.resolve(), cancelBatch: () => Promise.resolve('not open'),
    answer: createMicroBatch({ predict: predict ?? createPredictor({ slot, auditRate: 0, nowMs: () => 1000, observe: () => undefined }), publish, limits: { openRequests: 100, openBytes: 1e7 } }).answer, serving: () => slot.current(),
    publish, unready: () => undefined, live: () => Promise.resolve({ models: [] }), history: () => Promise.resolve({ models: [{ model_name: 'tiny', model_version: 'v7', buckets: [] }] }), join: () => Promise.resolve({ waiting: 0, versions: [] }), runs: () => Promise.resolve({ jobs: [] }), versions: () => Promise.resolve([{ model_version: 'v7' }]), awaiting: () => Promise.resolve([{ id: 'run-1' }]),
    metricsText: () => Promise.resolve({ type: 'text/plain', text: 'loop 1' }), newId: () => `id-${(ids += 1)}`, nowMs: () => 1000, access: accessFor({ p: 'predict', f: 'feedback', t: 'train', a: 'admin' }), repeats: createRepeats({ ttlMs: 1000, bytes: 1e6, count: 100 }), bodyLimitBytes: 1_000_000, modelName: 'tiny', defaultCategories: ['Fresh'], sourceByToken: false, version: '1.2.3', pages, corsOrigins: [], requestIdPrefix: 'r',
    onResponse: () => undefined, onUnexpected: () => undefined, ...change,
  });
  const post = async (url: string, token: string, body?: unknown) => {
    const answer = await app.inject({ method: 'POST', url, headers: { authorization: `Bearer ${token}` }, ...(body === undefined ? {} : { payload: body as object }) });
    return { status: answer.statusCode, type: String(answer.headers['content-type']), body: answer.json<Record<string, unknown>>() };
  };
  return { app, sent, audits, slot, post };
}
