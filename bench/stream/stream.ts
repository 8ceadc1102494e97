// ./loop bench stream: products to predictions exactly once on one instance, held against the predictor alone on one core in the same run; then every product is counted on the topic.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readToEnd } from '../../consumers/readToEnd.ts';
import { positionsGroupOf } from '../../consumers/shard.ts';
import { createKafka } from '../../producers/kafka.ts';
import { baseCorpus } from '../../producers/catalogue.ts';
import { encode } from '../../schemas/codec.ts';
import { readCsv } from '../../schemas/csv.ts';
import type { Product } from '../../schemas/events.ts';
import { fatal } from '../../schemas/failure.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { promoteLearnt } from '../batch/model.ts';
import { spreadOf, type Bench, type BenchOptions, type BenchResult } from '../bench.ts';
import { recreate } from '../join/contenders.ts';
import { withAdmin } from '../../producers/withAdmin.ts';
import { requireProcfs } from '../join/procfs.ts';
import { cpuOf, rssOf } from '../serve/tree.ts';
import { untilFound, withStack, type BenchStack } from '../stack.ts';

const ROWS = 300_000;
const RUNS = 3;
const WANTED_SHARE = 0.4;
const PER_SEND = 2000;
const POLL_MS = 100;
const DEADLINE_MS = 300_000;
/** Not timed: what is compiled and cached while the first products go through. */
const WARM_SHARE = 0.1;
const MB = 1e6;

async function feed({ settings, registry }: BenchStack, texts: readonly string[], rows: number): Promise<void> {
  const id = await registry.idOf('products');
  const producer = createKafka(settings, 'bench-feed').producer({ allowAutoTopicCreation: false });
  await producer.connect();
  for (let from = 0; from < rows; from += PER_SEND) {
    const messages = Array.from({ length: Math.min(PER_SEND, rows - from) }, (_, i) => {
      const product: Product = { product_id: `product-${from + i}`, prediction_id: null, model_name: settings.modelName, product_description: texts[(from + i) % texts.length] ?? '', sent_at: 0 };
      return { key: product.product_id, value: encode('products', product, id), partition: partitionOf(product.product_id, settings.partitions) };
    });
    await producer.sendBatch({ acks: -1, topicMessages: [{ topic: 'products', messages }] });
  }
  await producer.disconnect();
}
type Seen = { readonly perSecond: number; readonly perCpuSecond: number; readonly rss: number };
/** One instance works off what stands on the topic, from nothing. */
async function workOff(stack: BenchStack, name: string, rows: number): Promise<Seen> {
  return withAdmin(stack.settings, 'bench-admin', async (admin) => {
    const done = async (): Promise<number> => {
      const [topic] = await admin.fetchOffsets({ groupId: positionsGroupOf('inference'), topics: ['products'] });
      return (topic?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    };
    const running = stack.startOurs(name, 'inference/main.ts', { LOOP_TOKENS: 'bench-token=predict', LOG_LEVEL: 'warn' });
    const since = { rows: 0, atMs: 0, cpu: 0 };
    try {
      return await untilFound('all products are answered', running, DEADLINE_MS, async () => {
        const now = await done();
        if (since.rows === 0 && now >= rows * WARM_SHARE) Object.assign(since, { rows: now, atMs: performance.now(), cpu: cpuOf(running.pid) });
        if (now < rows) return undefined;
        const seconds = (performance.now() - since.atMs) / 1000;
        return { perSecond: (rows - since.rows) / seconds, perCpuSecond: (rows - since.rows) / (cpuOf(running.pid) - since.cpu), rss: rssOf(running.pid) };
      }, POLL_MS);
    } finally {
      await running.stop('SIGTERM');
    }
  });
}
/** Products that were not answered, or more than once. */
async function wrongAnswers({ settings, registry }: BenchStack, rows: number): Promise<number> {
  const times = new Uint8Array(rows);
  let strangers = 0;
  await readToEnd({
    settings, clientId: 'bench-count', topics: ['predictions'],
    async onRecord({ value }) {
      if (value === null) return;
      const { prediction_id } = await registry.decode('predictions', value);
      const i = Number(prediction_id.slice('product-'.length));
      if (times[i] === undefined) strangers += 1;
      else times[i] += 1;
    },
  });
  return strangers + times.reduce((sum, count) => sum + (count === 1 ? 0 : 1), 0);
}
/** A run begins with an empty log and no positions. */
async function afresh(stack: BenchStack): Promise<void> {
  await pause(1000);
  await withAdmin(stack.settings, 'bench-admin', async (admin) => {
    const groups = ['inference', positionsGroupOf('inference')];
    const standing = new Set((await admin.listGroups()).groups.map(({ groupId }) => groupId));
    await admin.deleteGroups(groups.filter((group) => standing.has(group)));
  });
  await recreate(stack, ['products', 'predictions']);
}

async function work(stack: BenchStack, { seed, runs = RUNS, scale, dataset, say }: BenchOptions): Promise<BenchResult> {
  const rows = Math.max(20_000, Math.round(ROWS * scale));
  const corpus = dataset === undefined ? baseCorpus(seed) : readCsv(readFileSync(dataset), 'Category', stack.settings.categories).rows;
  say('learning a model to predict with');
  const promoted = await promoteLearnt(stack, corpus, seed);
  const texts = corpus.map(({ product_description }) => product_description);
  const textsFile = join(stack.paths.home, 'texts');
  writeFileSync(textsFile, texts.join('\n'));
  const alone = async (): Promise<number> => {
    const running = stack.start('predictor', process.execPath, ['--disable-warning=ExperimentalWarning', 'bench/batch/predictor.ts', promoted.manifest_uri, promoted.manifest_sha256, String(rows), textsFile]);
    if ((await running.ended) !== 0) throw fatal('program_ended', `the predictor failed; see ${running.log}`);
    return (JSON.parse(readFileSync(running.log, 'utf8').trim().split('\n').at(-1) ?? '') as { perSecond: number }).perSecond;
  };
  const predictor: number[] = [];
  const seen: Seen[] = [];
  let wrong = 0;
  for (let run = 0; run < runs; run += 1) {
    if (run > 0) await afresh(stack);
    await feed(stack, texts, rows);
    predictor.push(await alone());
    seen.push(await workOff(stack, `inference-${run}`, rows));
    wrong += await wrongAnswers(stack, rows);
    const last = seen.at(-1);
    say(`run ${run + 1} of ${runs}: ${Math.round(last?.perSecond ?? 0)} products/s exactly once, the predictor alone ${Math.round(predictor.at(-1) ?? 0)}/s; ${wrong} wrong so far`);
  }
  const shares = seen.map(({ perSecond }, run) => perSecond / (predictor[run] ?? Number.NaN));
  const share = spreadOf(shares).median;
  return {
    bench: 'stream', seed,
    figures: [
      { name: 'products to predictions, exactly once', unit: 'rows/s', runs: seen.map(({ perSecond }) => perSecond) }, { name: 'products to predictions, exactly once', unit: 'rows/CPU-s', runs: seen.map(({ perCpuSecond }) => perCpuSecond) },
      { name: 'the predictor alone, one core', unit: 'rows/s', runs: predictor }, { name: 'share of it', unit: '', runs: shares }, { name: 'inference', unit: 'MB RSS', runs: seen.map(({ rss }) => rss / MB) },
    ],
    bars: [
      { name: 'products to predictions on one instance', wanted: `at least ${WANTED_SHARE * 100} % of the predictor alone`, seen: `${(share * 100).toFixed(0)} % (median of ${runs} runs)`, holds: share >= WANTED_SHARE },
      { name: 'every product is answered exactly once', wanted: `${rows} of ${rows}, in every run`, seen: wrong === 0 ? 'all of them' : `${wrong} missing or doubled`, holds: wrong === 0 },
    ],
    notes: [
      `${rows} products on ${stack.settings.partitions} partitions stand on the topic when one instance (inference/main.ts as it is run) starts; timed from the moment at which a tenth of them is committed until all are; Kafka runs on the same cores`,
      'the predictor alone: from text to probabilities, one process, before each run; the answers are counted by a read_committed reader',
    ],
  };
}
export const bench: Bench = {
  name: 'stream', about: 'products to predictions exactly once on one instance, beside the predictor alone',
  async run(options) {
    requireProcfs();
    return withStack({ name: 'stream', say: options.say, services: ['mysql', 's3'] }, (stack) => work(stack, options));
  },
};
