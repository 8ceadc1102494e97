// What is asked of a place while parts of it are away, and what came of it: everything is sent past the proxies, so that only the processes meet the faults.
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { createBatchLedger } from '../../../inference/batch/ledger.ts';
import { follow } from '../../../consumers/follow.ts';
import { mysqlOptions, s3Options } from '../../../producers/connections.ts';
import { silent } from '../../../producers/kafka.ts';
import { orderRecord } from '../../../producers/order.ts';
import type { Settings } from '../../../schemas/settings.ts';
import { createLedger } from '../../../trainer/record/ledger.ts';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { closeAtEnd, until } from '../../testing.ts';
import type { Place } from './place.ts';

export type Answer = { readonly atMs: number; readonly status: number; readonly tookMs: number };
export type Traffic = {
  /** Ids of products sent, of pairs sent, and of predictions that were answered over HTTP. */
  readonly products: readonly string[]; readonly pairs: readonly string[]; readonly acknowledged: ReadonlySet<string>;
  readonly answers: readonly Answer[];
  /** Records of `products`, `predictions` and `labelled` by id, and when those of the last two were seen. A broker that goes while we write may have taken a product twice: both are answered. */
  readonly asked: ReadonlyMap<string, number>; readonly predicted: ReadonlyMap<string, number>; readonly predictedAtMs: readonly number[]; readonly labelled: ReadonlyMap<string, number>; readonly labelledAtMs: readonly number[];
  orderBatch(id: string): Promise<void>;
  /** Resolves to 'open' while it is not finished. */
  batchState(id: string): Promise<'finished' | 'open' | 'failed'>;
  orderTraining(id: string): Promise<void>;
  trainingState(id: string): Promise<'finished' | 'open' | 'failed'>;
  /** Ended trainings that MLflow has not been told. */
  untold(): Promise<number>;
  /** Resolves when nothing more is on its way; the log can be judged only then. */
  pause(): Promise<void>;
  goOn(): void;
  stop(): Promise<void>;
};
const PACE_MS = 100;
const HTTP_LIMIT_MS = 15_000;
const FILE = 's3://dataset/predict/faults.csv';
const FILE_ROWS = 20_000;
const WORDS = ['Sparkling Water Lemon', 'Whole Milk', 'Dish Soap', 'Basmati Rice', 'Frozen Peas'];

export async function startTraffic(t: TestContext, { context, registry, publisher, urlOf }: Place, mark: string): Promise<Traffic> {
  const { settings, secrets } = context;
  const [batches, trainings] = [createBatchLedger(settings), createLedger(settings)];
  closeAtEnd(t, () => Promise.all([batches.close(), trainings.close()]));
  // A connection that is killed while it rests is replaced.
  const db = mysql.createPool({ ...mysqlOptions(settings), connectionLimit: 1 });
  closeAtEnd(t, () => db.end());
  const s3 = new Minio(s3Options(settings));
  await s3.putObject('dataset', 'predict/faults.csv', Buffer.from(`product_description\n${Array.from({ length: FILE_ROWS }, (_, i) => `${WORDS[i % WORDS.length] ?? ''} ${i}`).join('\n')}\n`));

  const products: string[] = [];
  const pairs: string[] = [];
  const acknowledged = new Set<string>();
  const answers: Answer[] = [];
  const asked = new Map<string, number>();
  const predicted = new Map<string, number>();
  const predictedAtMs: number[] = [];
  const labelled = new Map<string, number>();
  const labelledAtMs: number[] = [];
  const heard = await watchTopics(settings, registry, (topic, id) => {
    const counts = { products: asked, predictions: predicted, labelled }[topic];
    counts.set(id, (counts.get(id) ?? 0) + 1);
    if (topic === 'labelled') labelledAtMs.push(performance.now());
    if (topic === 'predictions' && id.startsWith(`${mark}-p-`)) predictedAtMs.push(performance.now());
  });
  closeAtEnd(t, () => heard.stop());

  let stopping = false;
  let paused: PromiseWithResolvers<undefined> | undefined;
  /** How many of the two loops stand still. */
  let resting = 0;
  async function rest(): Promise<void> {
    if (paused === undefined) return;
    resting += 1;
    await paused.promise;
    resting -= 1;
  }
  async function writing(): Promise<void> {
    for (let i = 0; !stopping; i += 1) {
      await rest();
      const [product, pair] = [`${mark}-p-${i}`, `${mark}-d-${i}`];
      await publisher.send([
        { topic: 'products', key: product, value: { product_id: product, prediction_id: product, product_description: WORDS[i % WORDS.length] ?? '', model_name: settings.modelName, sent_at: Date.now() } },
        { topic: 'predictions', key: pair, value: { prediction_id: pair, model_name: settings.modelName, model_version: 'v1', product_description: pair, category: 'Beverages', probabilities: [{ category: 'Beverages', probability: 0.8 }, { category: 'Fresh & Perishable Items', probability: 0.2 }], predicted_at: Date.now(), audit: false } },
        { topic: 'feedback', key: pair, value: { prediction_id: pair, feedback_id: `${pair}/1`, model_name: settings.modelName, category: 'Beverages', source: 'faults', given_at: Date.now() } },
      ]);
      products.push(product);
      pairs.push(pair);
      await pause(PACE_MS);
    }
  }
  const open = new Set<Promise<void>>();
  async function asking(): Promise<void> {
    for (let i = 0; !stopping; i += 1) {
      await rest();
      const id = `${mark}-h-${i}`;
      const atMs = performance.now();
      const one = fetch(`${urlOf('inference')}/v1/predict`, { method: 'POST', headers: { authorization: `Bearer ${secrets.tokens.admin}`, 'content-type': 'application/json' }, body: JSON.stringify({ product_description: WORDS[i % WORDS.length], prediction_id: id }), signal: AbortSignal.timeout(HTTP_LIMIT_MS) })
        .then(async (answer) => {
          await answer.arrayBuffer();
          if (answer.ok) acknowledged.add(id);
          return answer.status;
        }, () => 0)
        .then((status) => void answers.push({ atMs, status, tookMs: performance.now() - atMs }));
      open.add(one);
      void one.finally(() => open.delete(one));
      await pause(PACE_MS);
    }
  }
  const work = [writing(), asking()];
  const retrainIdOf = (id: string): string => `${settings.modelName}/manual/${id}`;
  return {
    products, pairs, acknowledged, answers, asked, predicted, predictedAtMs, labelled, labelledAtMs,
    orderBatch: (id) => batches.order(id, FILE, 'refuse'),
    async batchState(id) {
      const row = await batches.find(id);
      return row?.job_status === 'STATUS_FINISHED' ? 'finished' : row?.job_status === 'STATUS_FAILED' ? 'failed' : 'open';
    },
    orderTraining: (id) => publisher.send([orderRecord({ cause: 'manual', retrainId: retrainIdOf(id), modelName: settings.modelName, atMs: Date.now(), by: 'faults', force: true, params: {} })]),
    async trainingState(id) {
      const row = (await trainings.latest(20)).find((one) => one.retrain_id === retrainIdOf(id));
      return row?.status === 'FINISHED' ? 'finished' : row?.status === 'FAILED' ? 'failed' : 'open';
    },
    async untold() {
      if (settings.mlflowUri === '') return 0;
      const [rows] = await db.query<mysql.RowDataPacket[]>("SELECT COUNT(*) AS n FROM auto_training a WHERE a.status IN ('FINISHED', 'FAILED') AND NOT EXISTS (SELECT 1 FROM mlflow_mirror m WHERE m.id = a.id)");
      return Number(rows[0]?.['n'] ?? 0);
    },
    async pause() {
      paused = Promise.withResolvers<undefined>();
      await until('the traffic rests', () => (resting === work.length && open.size === 0 ? true : undefined));
    },
    goOn() {
      paused?.resolve(undefined);
      paused = undefined;
    },
    async stop() {
      stopping = true;
      await Promise.all(work);
      await Promise.all([...open]);
    },
  };
}

const WATCHED = ['products', 'predictions', 'labelled'] as const;
const isWatched = (topic: string): topic is (typeof WATCHED)[number] => WATCHED.some((one) => one === topic);
async function watchTopics(settings: Settings, registry: Place['registry'], onRecord: (topic: (typeof WATCHED)[number], id: string) => void) {
  return follow({
    settings, clientId: 'faults-watch', log: silent, topics: WATCHED,
    async onBatch(records) {
      for (const { topic, key, value } of records) {
        if (value !== null && isWatched(topic)) onRecord(topic, topic === 'labelled' ? (await registry.decode('labelled', value)).prediction_id : (key?.toString() ?? ''));
      }
    },
    onFatal: (error) => {
      throw error;
    },
  });
}
