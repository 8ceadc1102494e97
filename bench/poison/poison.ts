// ./loop bench poison: what a flood of records that nobody can use does to the good ones beside it. The same good records with and without the flood, one after the other in one run.
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { positionsGroupOf } from '../../consumers/shard.ts';
import { createKafka } from '../../producers/kafka.ts';
import { baseCorpus } from '../../producers/catalogue.ts';
import { encode } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { promoteLearnt } from '../batch/model.ts';
import { spreadOf, type Bar, type Bench, type BenchOptions, type BenchResult, type Figure } from '../bench.ts';
import { createWorld } from '../feed.ts';
import { recreate } from '../join/contenders.ts';
import { withAdmin } from '../../producers/withAdmin.ts';
import { requireProcfs } from '../join/procfs.ts';
import { cpuOf } from '../serve/tree.ts';
import { untilFound, withStack, type BenchStack } from '../stack.ts';
import { poisonFeedback, poisonProduct } from './flood.ts';

const GOOD = 100_000;
const RUNS = 3;
/** One poison record after so many good ones. A poison record costs a good deal more than a good one: it has to be carried whole to the dead letters. */
const GOOD_PER_POISON = 10;
const WANTED_LOSS = 0.2;
const PER_SEND = 2000;
const POLL_MS = 100;
const DEADLINE_MS = 300_000;
/** Not timed: what is compiled and cached at first. */
const WARM_SHARE = 0.1;

type Message = { readonly topic: TopicName; readonly key: string; readonly value: Buffer | null };
/** The part that reads: its process, its group and what it reads, what of its own is made anew for a run. */
type Lane = {
  readonly name: string; readonly main: string; readonly group: string; readonly inputs: readonly TopicName[]; readonly outputs: readonly TopicName[]; readonly env: Readonly<Record<string, string>>;
  messages(good: number, flood: boolean): Generator<Message>;
};
type Seen = { readonly perSecond: number; readonly cpuUs: number };

async function feed({ settings }: BenchStack, messages: Generator<Message>): Promise<number> {
  const producer = createKafka(settings, 'bench-feed').producer({ allowAutoTopicCreation: false });
  await producer.connect();
  let count = 0;
  let open = new Map<TopicName, { key: string; value: Buffer | null; partition: number }[]>();
  const send = async (): Promise<void> => {
    await producer.sendBatch({ acks: -1, topicMessages: [...open].map(([topic, list]) => ({ topic, messages: list })) });
    open = new Map();
  };
  for (const { topic, key, value } of messages) {
    const list = open.get(topic) ?? [];
    open.set(topic, list);
    list.push({ key, value, partition: partitionOf(key, settings.partitions) });
    count += 1;
    if (count % PER_SEND === 0) await send();
  }
  await send();
  await producer.disconnect();
  return count;
}

/** One process works off what stands there, from nothing; good: how many of the records are good ones. */
async function workOff(stack: BenchStack, lane: Lane, name: string, good: number, records: number): Promise<Seen> {
  return withAdmin(stack.settings, 'bench-admin', async (admin) => {
    const done = async (): Promise<number> => (await admin.fetchOffsets({ groupId: positionsGroupOf(lane.group), topics: [...lane.inputs] })).reduce((sum, { partitions }) => sum + partitions.reduce((of, { offset }) => of + Math.max(0, Number(offset)), 0), 0);
    const running = stack.startOurs(name, lane.main, { LOG_LEVEL: 'warn', ...lane.env });
    const since = { done: 0, atMs: 0, cpu: 0 };
    try {
      return await untilFound('all records are worked off', running, DEADLINE_MS, async () => {
        const now = await done();
        if (since.done === 0 && now >= records * WARM_SHARE) Object.assign(since, { done: now, atMs: performance.now(), cpu: cpuOf(running.pid) });
        if (now < records) return undefined;
        const timed = (good * (records - since.done)) / records;
        return { perSecond: timed / ((performance.now() - since.atMs) / 1000), cpuUs: ((cpuOf(running.pid) - since.cpu) * 1e6) / timed };
      }, POLL_MS);
    } finally {
      await running.stop('SIGTERM');
    }
  });
}
/** A run begins with empty topics, no positions and no state. */
async function afresh(stack: BenchStack, { group, inputs, outputs }: Lane): Promise<void> {
  await pause(1000);
  await withAdmin(stack.settings, 'bench-admin', async (admin) => {
    const standing = new Set((await admin.listGroups()).groups.map(({ groupId }) => groupId));
    await admin.deleteGroups([group, positionsGroupOf(group)].filter((one) => standing.has(one)));
  });
  rmSync(join(stack.paths.home, 'state'), { recursive: true, force: true });
  await recreate(stack, [...inputs, ...outputs]);
}

async function measure(stack: BenchStack, lane: Lane, good: number, runs: number, say: (line: string) => void): Promise<{ readonly figures: readonly Figure[]; readonly bar: Bar }> {
  const without: Seen[] = [];
  const withFlood: Seen[] = [];
  for (let run = 0; run < runs; run += 1) {
    // Whichever comes first has the colder machine.
    for (const flood of run % 2 === 0 ? [false, true] : [true, false]) {
      await afresh(stack, lane);
      const records = await feed(stack, lane.messages(good, flood));
      const seen = await workOff(stack, lane, `${lane.group}-${flood ? 'flood' : 'calm'}-${run}`, good, records);
      (flood ? withFlood : without).push(seen);
      say(`${lane.name}, run ${run + 1} of ${runs}, ${flood ? 'with' : 'without'} the flood: ${Math.round(seen.perSecond)} good records/s`);
    }
  }
  const losses = without.map(({ perSecond }, run) => 1 - (withFlood[run]?.perSecond ?? 0) / perSecond);
  const loss = spreadOf(losses).median;
  return {
    figures: [
      { name: `${lane.name}: good ones without the flood`, unit: 'records/s', runs: without.map(({ perSecond }) => perSecond) }, { name: `${lane.name}: good ones with it`, unit: 'records/s', runs: withFlood.map(({ perSecond }) => perSecond) },
      { name: `${lane.name}: CPU per good one without`, unit: 'us', runs: without.map(({ cpuUs }) => cpuUs) }, { name: `${lane.name}: CPU per good one with`, unit: 'us', runs: withFlood.map(({ cpuUs }) => cpuUs) },
      { name: `${lane.name}: slower by`, unit: 'share', runs: losses },
    ],
    bar: { name: `${lane.name}: the flood slows the good ones`, wanted: `by at most ${WANTED_LOSS * 100} %`, seen: `${(loss * 100).toFixed(0)} % (median of ${runs} pairs)`, holds: loss <= WANTED_LOSS },
  };
}

async function work(stack: BenchStack, { seed, runs = RUNS, scale, say }: BenchOptions): Promise<BenchResult> {
  const good = Math.max(5000, Math.round(GOOD * scale));
  const world = createWorld({ seed });
  const [predictionId, feedbackId, productId] = [await stack.registry.idOf('predictions'), await stack.registry.idOf('feedback'), await stack.registry.idOf('products')];
  const corpus = baseCorpus(seed);
  say('learning a model to predict with');
  await promoteLearnt(stack, corpus, seed);
  const joins: Lane = {
    name: 'join', main: 'consumers/join/main.ts', group: 'join', inputs: ['predictions', 'feedback'], outputs: ['labelled', 'examples', 'dead-letters'], env: {},
    *messages(count, flood) {
      for (let i = 0; i < count / 2; i += 1) {
        const id = world.idOf(i);
        yield { topic: 'predictions', key: id, value: encode('predictions', world.prediction(i), predictionId) };
        yield { topic: 'feedback', key: id, value: encode('feedback', world.feedback(i), feedbackId) };
        if (flood && i % (GOOD_PER_POISON / 2) === 0) yield { topic: 'feedback', ...poisonFeedback((2 * i) / GOOD_PER_POISON, feedbackId, id) };
      }
    },
  };
  const stream: Lane = {
    name: 'stream', main: 'inference/main.ts', group: 'inference', inputs: ['products'], outputs: ['predictions', 'dead-letters'], env: { LOOP_TOKENS: `${randomUUID()}=predict`, DRAIN_MS: '0' },
    *messages(count, flood) {
      for (let i = 0; i < count; i += 1) {
        const key = `product-${i}`;
        yield { topic: 'products', key, value: encode('products', { product_id: key, prediction_id: null, model_name: stack.settings.modelName, product_description: corpus[i % corpus.length]?.product_description ?? '', sent_at: 0 }, productId) };
        if (flood && i % GOOD_PER_POISON === 0) yield { topic: 'products', ...poisonProduct(i / GOOD_PER_POISON, productId) };
      }
    },
  };
  const measured = [await measure(stack, joins, good, runs, say), await measure(stack, stream, good, runs, say)];
  return {
    bench: 'poison', seed, figures: measured.flatMap(({ figures }) => figures), bars: measured.map(({ bar }) => bar),
    notes: [
      `${good} good records stand on the topics when the process starts (join: as many predictions as feedback), and in every second run one that nobody can use for every ${GOOD_PER_POISON} of them: no Avro frame, broken Avro, a foreign key, an unknown schema id (another each time), an unknown category or an empty text; timed from the moment at which a tenth is committed until all are`,
      'each run begins with empty topics and no state; all of it, Kafka too, on the same cores',
    ],
  };
}
export const bench: Bench = {
  name: 'poison', about: 'the good records beside a flood that nobody can use',
  async run(options) {
    requireProcfs();
    return withStack({ name: 'poison', say: options.say, services: ['mysql', 's3'] }, (stack) => work(stack, options));
  },
};
