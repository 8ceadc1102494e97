// Topics that are deleted and made anew under the processes that read them. By name, partitions and soon by offsets nobody can tell the new log from the old one: going on at the old position would skip what stands below it.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { createKafka, silent } from '../producers/kafka.ts';
import type { TopicName } from '../schemas/topics.ts';
import { aFeedback, aPrediction, closeAtEnd, joinIdle, openBench, scrape, startProcess, until, watch, type Bench } from '../stack/testing.ts';
import { createTopics } from '../stack/topics.ts';
import { follow } from './follow.ts';
import { openPulse, type Pulse } from './pulse.ts';
import { positionsGroupOf } from './shard.ts';
import { runShards } from './shards.ts';
import { subscribe } from './subscriber.ts';

const OTHER = 'Fresh & Perishable Items';
const FEW = 30;
const MORE = 120;

/** Deletes topics and makes them anew, empty. */
async function makeAnew({ settings }: Bench, names: readonly TopicName[]): Promise<void> {
  const admin = createKafka(settings, 'test-anew').admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [...names] });
    await until('they are gone', async () => ((await admin.listTopics()).some((topic) => names.some((name) => name === topic)) ? undefined : true));
  } finally {
    await admin.disconnect();
  }
  // A topic of that name may still be on its way out.
  await until('they stand again', () => createTopics({ settings }).then(() => true as const, () => undefined));
}
const idsOf = (version: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${version}-${i}`);
const predict = ({ publisher }: Bench, version: string, count: number): Promise<void> => publisher.send(idsOf(version, count).map((id) => ({ topic: 'predictions', key: id, value: aPrediction(id, version) })));
const say = ({ publisher }: Bench, version: string, count: number): Promise<void> => publisher.send(idsOf(version, count).map((id) => ({ topic: 'feedback', key: id, value: aFeedback(id, id, OTHER) })));
const readinessOf = (port: number): Promise<string> => fetch(`http://127.0.0.1:${port}/health/ready`).then(async (answer) => `${answer.status} ${await answer.text()}`, () => '');
const stop = async ({ child }: ReturnType<typeof startProcess>): Promise<void> => {
  const gone = new Promise((done) => child.once('close', done));
  child.kill('SIGTERM');
  await gone;
};
/** Every partition of the topic is held and named; resolves with the setting that lets it be read from its beginning. */
async function heldFor({ settings }: Bench, topic: TopicName): Promise<string> {
  const found = await until(`all of ${topic} is held`, async () => {
    const held = [...(await scrape(settings.joinPort))].filter(([series, value]) => series.startsWith('loop_partitions_held{') && value === 1);
    return held.length === settings.partitions ? new RegExp(`^503 .*are held: .*(${topic}=[0-9a-f]{32})`).exec(await readinessOf(settings.joinPort))?.[1] : undefined;
  });
  return found;
}
/** How often each prediction of a version was told. */
async function labelledOf(t: TestContext, bench: Bench): Promise<(version: string) => ReadonlyMap<string, number>> {
  const events = await watch(t, bench, 'labelled');
  return (version) => {
    const times = new Map<string, number>();
    for (const { prediction_id: id, model_version: of } of events) if (of === version) times.set(id, (times.get(id) ?? 0) + 1);
    return times;
  };
}
const once = (version: string, count: number): Map<string, number> => new Map(idsOf(version, count).map((id) => [id, 1]));
const sorted = (times: ReadonlyMap<string, number>): [string, number][] => [...times].sort(([a], [b]) => (a < b ? -1 : 1));

/** A join that has told a few pairs of this version and rests. */
async function joined(t: TestContext, bench: Bench, told: (version: string) => ReadonlyMap<string, number>, version: string): Promise<ReturnType<typeof startProcess>> {
  const join = startProcess(t, bench, 'consumers/join/main.ts');
  await predict(bench, version, FEW);
  await say(bench, version, FEW);
  await until('the first pairs', () => (told(version).size === FEW ? true : undefined));
  await joinIdle(bench);
  return join;
}

test('predictions made anew while the join is down, and longer than it had read: held, and with the new log accepted every pair is told once', async (t) => {
  const bench = await openBench(t);
  const told = await labelledOf(t, bench);
  const dead = await watch(t, bench, 'dead-letters');
  const [before, after] = [`before-${randomUUID()}`, `after-${randomUUID()}`];
  const first = await joined(t, bench, told, before);
  await stop(first);

  await makeAnew(bench, ['predictions']);
  await predict(bench, after, MORE);
  await say(bench, after, MORE);
  const second = startProcess(t, bench, 'consumers/join/main.ts');
  const accepted = await heldFor(bench, 'predictions');
  assert.equal(told(after).size, 0);
  await stop(second);

  startProcess(t, bench, 'consumers/join/main.ts', { ACCEPTED_LOGS: accepted, EARLY_HORIZON_MS: '1000', EXPIRY_MARGIN_MS: '0' });
  await until('every pair', () => (told(after).size === MORE ? true : undefined));
  // What is said last is told last: by then nothing of before is still to come.
  const orphan = `orphan-${after}`;
  await bench.publisher.send([{ topic: 'feedback', key: orphan, value: aFeedback(orphan, '1', OTHER) }]);
  const orphans = (): string[] => dead.filter(({ reason }) => reason === 'orphan').map(({ original_key: key }) => (key === null ? '' : Buffer.from(key).toString()));
  await until('the orphan', () => (orphans().includes(orphan) ? true : undefined));
  await joinIdle(bench);
  assert.deepEqual(sorted(told(after)), sorted(once(after, MORE)));
  assert.deepEqual(sorted(told(before)), sorted(once(before, FEW)));
  assert.deepEqual(orphans().filter((key) => key.startsWith(before)), [], 'what was answered once is not orphaned by the loss of its prediction');
});

test('feedback made anew while the join is suspended, and longer when it wakes: nothing is committed of it until it is accepted', async (t) => {
  const bench = await openBench(t);
  const told = await labelledOf(t, bench);
  const [before, after] = [`before-${randomUUID()}`, `after-${randomUUID()}`];
  const first = await joined(t, bench, told, before);
  first.child.kill('SIGSTOP');
  await makeAnew(bench, ['feedback']);
  await predict(bench, after, MORE);
  await say(bench, after, MORE);
  first.child.kill('SIGCONT');
  const accepted = await heldFor(bench, 'feedback');
  assert.equal(told(after).size, 0);
  await stop(first);
  startProcess(t, bench, 'consumers/join/main.ts', { ACCEPTED_LOGS: accepted });
  await until('every pair', () => (told(after).size === MORE ? true : undefined));
  await joinIdle(bench);
  assert.deepEqual(sorted(told(after)), sorted(once(after, MORE)));
  assert.deepEqual(sorted(told(before)), sorted(once(before, FEW)));
});

test('an empty new log is found out without a record, and so is a topic that is not made again', async (t) => {
  const bench = await openBench(t);
  const { settings } = bench;
  const first = startProcess(t, bench, 'consumers/join/main.ts');
  const version = `before-${randomUUID()}`;
  await predict(bench, version, FEW);
  await joinIdle(bench);
  const admin = createKafka(settings, 'test-gone').admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  await admin.deleteTopics({ topics: ['predictions'] });
  await until('its absence is named', async () => (/^503 .*held: predictions or feedback is not there/.test(await readinessOf(settings.joinPort)) ? true : undefined));
  await until('it stands again', () => createTopics({ settings }).then(() => true as const, () => undefined));
  const accepted = await heldFor(bench, 'predictions');
  await stop(first);
  startProcess(t, bench, 'consumers/join/main.ts', { ACCEPTED_LOGS: accepted });
  await joinIdle(bench);
  await until('it is ready', async () => ((await readinessOf(settings.joinPort)).startsWith('200') ? true : undefined));
});

test('a reader that remembers nothing begins a new log by itself, while it runs', async (t) => {
  const bench = await openBench(t);
  const { settings, registry } = bench;
  const name = `anew-${randomUUID()}`;
  const seen: string[] = [];
  const shards = await runShards({
    settings, registry, log: silent, name, topics: ['products'], onNewLog: 'begin', onFatal: (error) => assert.fail(String(error)),
    open: () => Promise.resolve({ handle: (_topic, records) => (seen.push(...records.map(({ key }) => key?.toString() ?? '').filter((key) => key.startsWith(name))), Promise.resolve([])) }),
  });
  closeAtEnd(t, () => shards.stop());
  const send = (keys: readonly string[]): Promise<void> => bench.publisher.send(keys.map((key) => ({ topic: 'products', key, raw: Buffer.from('x') })));
  await send(idsOf(`${name}-before`, FEW));
  await until('those of before', () => (seen.length === FEW ? true : undefined));
  await makeAnew(bench, ['products']);
  await send(idsOf(`${name}-after`, MORE));
  await until('all of them', () => (new Set(seen).size === FEW + MORE ? true : undefined));
});

function pulseOf(t: TestContext, { settings }: Bench, name: string): Pulse {
  const pulse = openPulse({ settings, name, log: silent, onStuck: (error) => assert.fail(String(error)) });
  closeAtEnd(t, () => pulse.stop());
  return pulse;
}
/** The pulse has noted the id of what stands now: it has looked twice. */
async function lookedAt(pulse: Pulse): Promise<void> {
  let looks = 0;
  pulse.watch({ name: 'looks', topics: ['products'], behind: () => ((looks += 1), 0), signs: () => 0, restart: () => Promise.resolve() });
  await until('it has looked twice', () => (looks >= 2 ? true : undefined));
}
test('a follower and a subscriber begin a new log by themselves', async (t) => {
  const bench = await openBench(t);
  const { settings } = bench;
  const mark = `anew-${randomUUID()}`;
  const pulse = pulseOf(t, bench, mark);
  const seen = { follow: new Set<string>(), subscribe: new Set<string>() };
  const note = (list: Set<string>, key: Buffer | null): void => {
    if (key?.toString().startsWith(mark) === true) list.add(key.toString());
  };
  const onFatal = (error: unknown): void => assert.fail(String(error));
  const following = await follow({ settings, clientId: mark, log: silent, topics: ['products'], pulse, onFatal, onBatch: (records) => Promise.resolve(records.forEach(({ key }) => note(seen.follow, key))) });
  closeAtEnd(t, () => following.stop());
  const subscription = await subscribe({ settings, clientId: mark, groupId: mark, log: silent, topics: ['products'], pulse, onFatal, onRecord: ({ key }) => Promise.resolve(note(seen.subscribe, key)) });
  closeAtEnd(t, () => subscription.stop());
  const send = (name: string, count: number): Promise<void> => bench.publisher.send(idsOf(`${mark}-${name}`, count).map((key) => ({ topic: 'products', key, raw: Buffer.from('x') })));
  const all = (count: number) => (): true | undefined => (seen.follow.size === count && seen.subscribe.size === count ? true : undefined);
  await send('before', FEW);
  await until('those of before', all(FEW));
  await lookedAt(pulse);
  await makeAnew(bench, ['products']);
  await send('after', MORE);
  await until('all of them', all(FEW + MORE));
});

test('labelled made anew: the monitor does not lay another log over its tallies; made anew from predictions and feedback, every pair is told and counted once', async (t) => {
  const bench = await openBench(t);
  const { settings, publisher } = bench;
  const version = `judged-${randomUUID()}`;
  const label = (count: number): Promise<void> => publisher.send(idsOf(version, count).map((id) => ({ topic: 'labelled', key: 'grocery', value: { prediction_id: id, model_name: 'grocery', model_version: version, revision: 0, predicted: 'Beverages', label: 'Beverages', previous_label: null, previous_labelled_at: null, labelled_at: 1, predicted_at: 1, audit: false, source: 'test' } })));
  const tallies = await watch(t, bench, 'tallies');
  const first = startProcess(t, bench, 'consumers/monitor/main.ts');
  await label(FEW);
  await until('they are counted', () => (tallies.some((tally) => tally.kind === 'detector' && tally.model_version === version) ? true : undefined));
  await stop(first);
  await makeAnew(bench, ['labelled']);
  await label(MORE);
  const held = startProcess(t, bench, 'consumers/monitor/main.ts');
  await until('it is held', async () => (/^503 .*held: the tallies of partition 0 are of another log than labelled-0/.test(await readinessOf(settings.monitorPort)) ? true : undefined));
  await stop(held);

  // The way out without a copy, as docs/how-to/replaced-topic.md has it: what join and monitor write is made again from predictions and feedback.
  const told = await labelledOf(t, bench);
  const pairs = `pairs-${randomUUID()}`;
  const join = startProcess(t, bench, 'consumers/join/main.ts');
  await predict(bench, pairs, MORE);
  await say(bench, pairs, MORE);
  await until('the pairs', () => (told(pairs).size === MORE ? true : undefined));
  await joinIdle(bench);
  await stop(join);
  await makeAnew(bench, ['labelled', 'examples', 'tallies']);
  const admin = createKafka(settings, 'test-groups').admin();
  await admin.connect();
  closeAtEnd(t, () => admin.disconnect());
  // The broker may have forgotten one with the topic it spoke of.
  for (const name of ['join', 'monitor']) await admin.deleteGroups([positionsGroupOf(name)]).catch(() => undefined);
  const [again, counted] = [await labelledOf(t, bench), await watch(t, bench, 'tallies')];
  startProcess(t, bench, 'consumers/join/main.ts');
  startProcess(t, bench, 'consumers/monitor/main.ts');
  await until('every pair again', () => (again(pairs).size === MORE ? true : undefined));
  await joinIdle(bench);
  assert.deepEqual(sorted(again(pairs)), sorted(once(pairs, MORE)));
  assert.equal(again(version).size, 0, 'what only the lost log said is gone');
  /** Labels of a version in its newest buckets. */
  const labels = (of: string): number => [...new Map(counted.filter((tally) => tally.kind === 'cells' && tally.model_version === of).map((tally) => [tally.bucket_start_ms, tally.cells.reduce((sum, cell) => sum + cell.count, 0)])).values()].reduce((sum, count) => sum + count, 0);
  await until('all are counted', () => (labels(pairs) === MORE ? true : undefined));
  assert.equal(labels(version), 0);
});
