// Everything the join counts, through the real topics, read where Prometheus reads it: one row per story of a prediction.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import type { DeadLetter, Labelled } from '../../schemas/events.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { aFeedback, aPrediction, joinIdle, openBench, scrape, startProcess, until, watch, type Bench } from '../../stack/testing.ts';
import { COUNTED, type Counted } from './join.ts';

const OTHER = 'Fresh & Perishable Items';
type Said = { readonly id: string; readonly category: string | null; readonly source?: string; readonly misplaced?: true };
type Story = { readonly name: string; readonly before?: Said; readonly again?: string; readonly audit?: true; readonly said?: readonly Said[]; readonly counts: Partial<Record<Counted, number>>; readonly pairs?: readonly string[]; readonly dead?: string };
const say = (id: string, category: string | null, more: Partial<Said> = {}): Said => ({ id, category, ...more });

/** before: said before the prediction is made. again: category of a second prediction with the same id. */
const STORIES: readonly Story[] = [
  { name: 'early', before: say('1', OTHER), counts: { prediction: 1, feedback: 1, held: 1, labelled: 1 }, pairs: [`- > ${OTHER}`] },
  { name: 'twice', said: [say('1', OTHER), say('1', OTHER)], counts: { prediction: 1, feedback: 2, labelled: 1, duplicate_feedback: 1 }, pairs: [`- > ${OTHER}`] },
  { name: 'same', said: [say('1', OTHER), say('2', OTHER)], counts: { prediction: 1, feedback: 2, labelled: 1, same_label: 1 }, pairs: [`- > ${OTHER}`] },
  { name: 'corrected', audit: true, said: [say('1', OTHER), say('2', 'Beverages')], counts: { prediction: 1, feedback: 2, labelled: 1, corrected: 1 }, pairs: [`- > ${OTHER}`, `${OTHER} > Beverages`] },
  { name: 'withdrawn', audit: true, said: [say('1', OTHER), say('2', null)], counts: { prediction: 1, feedback: 2, labelled: 1, withdrawn: 1 }, pairs: [`- > ${OTHER}`, `${OTHER} > -`] },
  { name: 'nothing', said: [say('1', null)], counts: { prediction: 1, feedback: 1, nothing_to_withdraw: 1 } },
  { name: 'outranked', said: [say('1', OTHER, { source: 'expert' }), say('2', 'Beverages')], counts: { prediction: 1, feedback: 2, labelled: 1, outranked: 1 }, pairs: [`- > ${OTHER}`] },
  { name: 'erased', said: [say('1', OTHER), say('2', null, { source: 'erasure' }), say('3', 'Beverages')], counts: { prediction: 1, feedback: 3, labelled: 1, erased: 1, corrected: 1 }, pairs: [`- > ${OTHER}`, `${OTHER} > Beverages`] },
  { name: 'unknown', said: [say('1', 'No Such Category')], counts: { prediction: 1, feedback: 1, unknown_category: 1 }, dead: 'unknown_category' },
  { name: 'again', again: 'Beverages', counts: { prediction: 1, duplicate_prediction: 1 } },
  { name: 'conflict', again: OTHER, counts: { prediction: 1, conflicting_prediction: 1 }, dead: 'conflicting_prediction' },
  { name: 'misplaced', said: [say('1', OTHER, { misplaced: true })], counts: { prediction: 1, feedback: 1, labelled: 1, misplaced: 1 }, pairs: [`- > ${OTHER}`] },
];
const OF_THE_CLOCK: readonly Counted[] = ['late', 'too_early', 'orphan', 'expired'];

test('there is a story for every kind', () => {
  assert.deepEqual([...new Set([...STORIES.flatMap(({ counts }) => Object.keys(counts)), ...OF_THE_CLOCK])].sort(), [...COUNTED].sort());
});

type Counts = Partial<Record<Counted, number>>;
const countsOf = (figures: ReadonlyMap<string, number>): Required<Counts> => Object.fromEntries(COUNTED.map((kind) => [kind, figures.get(`loop_join_events_total{kind="${kind}"}`) ?? 0])) as Required<Counts>;
/** What has been counted since now, kinds of which there was nothing left out. */
async function countingFrom({ settings }: Bench): Promise<() => Promise<Counts>> {
  const start = countsOf(await scrape(settings.joinPort));
  return async () => {
    const now = countsOf(await scrape(settings.joinPort));
    return Object.fromEntries(COUNTED.map((kind) => [kind, now[kind] - start[kind]] as const).filter(([, n]) => n !== 0)) as Counts;
  };
}
/** Waits until the figures are these; then they must stay these while the join rests. */
async function expectCounts(bench: Bench, counted: () => Promise<Counts>, want: Counts): Promise<void> {
  const enough = (now: Counts): boolean => COUNTED.every((kind) => (now[kind] ?? 0) >= (want[kind] ?? 0));
  await until(`counted ${JSON.stringify(want)}`, async () => (enough(await counted()) ? true : undefined));
  await joinIdle(bench);
  assert.deepEqual(await counted(), want);
}
const deadOf = (dead: readonly DeadLetter[], id: string): string[] => dead.filter(({ original_key: key }) => key !== null && Buffer.from(key).toString() === id).map((letter) => letter.reason);
const pairsOf = (labelled: readonly Labelled[], id: string): string[] => labelled.filter((event) => event.prediction_id === id).map((event) => `${event.previous_label ?? '-'} > ${event.label ?? '-'}`);
async function begin(t: TestContext, env: Record<string, string>) {
  const bench = await openBench(t);
  startProcess(t, bench, 'consumers/join/main.ts', env);
  const [labelled, dead] = [await watch(t, bench, 'labelled'), await watch(t, bench, 'dead-letters')];
  await joinIdle(bench);
  const version = `c-${randomUUID()}`;
  const id = (name: string): string => `${name}-${version}`;
  const predict = (name: string, category = 'Beverages', audit = false) => ({ topic: 'predictions', key: id(name), value: { ...aPrediction(id(name), version, category), audit } }) as const;
  const give = (name: string, { id: feedbackId, category, source = 'test', misplaced }: Said) => ({
    topic: 'feedback', key: id(name), value: { ...aFeedback(id(name), feedbackId, category), source }, ...(misplaced === undefined ? {} : { partition: (partitionOf(id(name), bench.settings.partitions) + 1) % bench.settings.partitions }),
  }) as const;
  return { bench, labelled, dead, version, id, predict, give, counted: await countingFrom(bench) };
}

test('early, twice, the same, corrected, withdrawn, nothing, outranked, unknown, again, conflicting, misplaced: counted, paired, set aside; delay and coverage', async (t) => {
  const { bench, labelled, dead, version, id, predict, give, counted } = await begin(t, { SOURCE_RANKS: 'expert:2' });
  const { publisher, settings } = bench;
  const delays = async (): Promise<number> => (await scrape(settings.joinPort)).get('loop_label_delay_seconds_count') ?? 0;
  const delaysBefore = await delays();
  await publisher.send(STORIES.flatMap(({ name, before }) => (before === undefined ? [] : [give(name, before)])));
  await until('what is early is held', async () => ((await counted()).held === 1 ? true : undefined));
  await publisher.send(STORIES.map(({ name, audit }) => predict(name, 'Beverages', audit)));
  await until('all predictions read', async () => ((await counted()).prediction === STORIES.length ? true : undefined));
  await publisher.send(STORIES.flatMap(({ name, again }) => (again === undefined ? [] : [predict(name, again)])));
  await publisher.send(STORIES.flatMap(({ name, said = [] }) => said.map((one) => give(name, one))));

  const want: Counts = {};
  for (const { counts } of STORIES) for (const kind of COUNTED) if (counts[kind] !== undefined) want[kind] = (want[kind] ?? 0) + counts[kind];
  await expectCounts(bench, counted, want);
  for (const { name, audit, pairs = [], dead: reason } of STORIES) {
    await until(`${name} is written`, () => (pairsOf(labelled, id(name)).length >= pairs.length && deadOf(dead, id(name)).length >= (reason === undefined ? 0 : 1) ? true : undefined));
    assert.ok(labelled.filter((event) => event.prediction_id === id(name)).every((event) => event.audit === (audit === true)), name);
    assert.deepEqual([pairsOf(labelled, id(name)), deadOf(dead, id(name))], [pairs, reason === undefined ? [] : [reason]], name);
  }
  assert.equal((await delays()) - delaysBefore, want.labelled, 'one delay per first label, none for corrections');
  const figures = await scrape(settings.joinPort);
  const ofVersion = (name: string): number | undefined => figures.get(`${name}{model_name="grocery",model_version="${version}"}`);
  const standing = STORIES.filter(({ pairs }) => pairs !== undefined && !pairs.at(-1)?.endsWith('> -')).length;
  assert.deepEqual([ofVersion('loop_label_coverage'), ofVersion('loop_audit_coverage')], [standing / STORIES.length, 1 / 2]);
});

test('late and too early, by the broker\'s times', async (t) => {
  const { bench, dead, id, predict, give, counted } = await begin(t, { HORIZON_MS: '1000', EARLY_HORIZON_MS: '0' });
  await bench.publisher.send([give('early', say('1', OTHER))]);
  await until('it is held', async () => ((await counted()).held === 1 ? true : undefined));
  await bench.publisher.send([predict('early')]);
  await until('too early', async () => ((await counted()).too_early === 1 ? true : undefined));
  await bench.publisher.send([predict('late')]);
  await until('the prediction is read', async () => ((await counted()).prediction === 2 ? true : undefined));
  let said = 0;
  // The same label again and again, until one comes behind the horizon.
  await until('late', async () => {
    await bench.publisher.send([give('late', say(String((said += 1)), OTHER))]);
    return (await counted()).late === undefined ? undefined : true;
  });
  await joinIdle(bench);
  const { late = 0, same_label = 0, labelled = 0 } = await counted();
  assert.deepEqual([late >= 1, late + same_label + labelled], [true, said]);
  await until('both are set aside', () => (deadOf(dead, id('late')).length === late && deadOf(dead, id('early')).length === 1 ? true : undefined));
  assert.deepEqual([...new Set(deadOf(dead, id('late'))), ...deadOf(dead, id('early'))], ['late', 'too_early']);
});

test('an orphan and an expired prediction, by the clock, when nothing more comes', async (t) => {
  const { bench, dead, id, predict, give } = await begin(t, { HORIZON_MS: '1000', EARLY_HORIZON_MS: '1000', EXPIRY_MARGIN_MS: '0' });
  const nothingKept = () => until('the state is empty', async () => ((await scrape(bench.settings.joinPort)).get('loop_join_state_entries') === 0 ? true : undefined));
  await nothingKept();
  const counted = await countingFrom(bench);
  await bench.publisher.send([predict('alone'), give('orphan', say('1', OTHER))]);
  await expectCounts(bench, counted, { prediction: 1, feedback: 1, held: 1, orphan: 1, expired: 1 });
  await nothingKept();
  await until('the orphan is set aside', () => (deadOf(dead, id('orphan')).length > 0 ? true : undefined));
  assert.deepEqual(deadOf(dead, id('orphan')), ['orphan']);
});
