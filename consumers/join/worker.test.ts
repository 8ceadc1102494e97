// The join's task over its state folder: what a restart finds there, and what it makes of it.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encode, schemaText } from '../../schemas/codec.ts';
import { createRegistry } from '../../schemas/registry.ts';
import { readSettings } from '../../schemas/settings.ts';
import { aFeedback, aPrediction } from '../../stack/testing.ts';
import type { Incoming } from '../record.ts';
import type { Opening } from '../shard.ts';
import type { Side } from './join.ts';
import { createJoinMetrics } from './metrics.ts';
import { openJoin, stateDirOf, type JoinTask } from './worker.ts';

const OTHER = 'Fresh & Perishable Items';
const IDS: Readonly<Record<Side, number>> = { predictions: 1, feedback: 2 };
const at = (side: Side, offset: number, key: string, value: Buffer): Incoming => ({ topic: side, partition: 0, offset: BigInt(offset), timestampMs: 1000 + offset, key: Buffer.from(key), value, headers: {} });
const p = (offset: number, id: string): Incoming => at('predictions', offset, id, encode('predictions', aPrediction(id, 'v1'), IDS.predictions));
const f = (offset: number, id: string): Incoming => at('feedback', offset, id, encode('feedback', aFeedback(id, `f${offset}`, OTHER), IDS.feedback));

type Positions = Readonly<Record<Side, number>>;
type World = { readonly dir: string; registryAway: boolean; open(positions: Positions, opening?: Partial<Opening>): Promise<JoinTask> };
function aWorld(t: TestContext): World {
  const home = mkdtempSync(join(tmpdir(), 'loop-join-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const settings = readSettings({ LOOP_HOME: home, PARTITIONS: '1' });
  const none = { predictions: 0, held: 0 };
  const metrics = createJoinMetrics({ waiting: () => none, state: () => ({ entries: 0, indexBytes: 0, fileBytes: 0, unsavedBytes: 0 }), coverage: () => [], mixes: () => [], lags: () => new Map() });
  const world: World = {
    dir: stateDirOf(settings, 0),
    registryAway: false,
    open(positions, opening = {}) {
      // A registry of a new process has learnt nothing yet.
      const registry = createRegistry('http://registry', (url) => (world.registryAway ? Promise.reject(new Error('away')) : Promise.resolve(Response.json({ schema: schemaText(String(url).endsWith('/1') ? 'predictions' : 'feedback') }))));
      const offsets = new Map<Side, bigint>([['predictions', BigInt(positions.predictions)], ['feedback', BigInt(positions.feedback)]]);
      return openJoin({ partition: 0, positions: offsets, lows: new Map([['predictions', 0n], ['feedback', 0n]]), note: '', logIds: new Map(), anew: new Set(), ...opening }, { settings, registry, metrics, nowMs: () => 0 });
    },
  };
  return world;
}
/** Reads as a shard would: from where the task asks, the replay apart from what is new. Returns the ids of the pairs that are sent. */
async function run(task: JoinTask, positions: Positions, log: Readonly<Record<Side, readonly Incoming[]>>): Promise<string[]> {
  const pairs: string[] = [];
  for (const replay of [true, false]) {
    for (const side of ['predictions', 'feedback'] as const) {
      const records = log[side].filter(({ offset }) => offset >= (task.from?.get(side) ?? 0n) && offset < BigInt(positions[side]) === replay);
      if (records.length === 0) continue;
      for (const out of await task.handle(side, records, BigInt(positions[side]))) if (out.topic === 'labelled' && 'value' in out && out.value !== null) pairs.push(out.value.prediction_id);
    }
  }
  task.committed?.();
  return pairs;
}
const LOG = { predictions: [p(0, 'a'), p(1, 'b'), p(2, 'c')], feedback: [f(0, 'a'), f(1, 'b'), f(2, 'c')] };
const part = (predictions: number, feedback: number): typeof LOG => ({ predictions: LOG.predictions.slice(0, predictions), feedback: LOG.feedback.slice(0, feedback) });
const START = { predictions: 0, feedback: 0 };

test('a restart goes on from the state: silent about what was told, not a pair forgotten', async (t) => {
  const world = aWorld(t);
  const first = await world.open(START);
  assert.deepEqual(await run(first, START, part(3, 1)), ['a']);
  first.close?.();
  const second = await world.open({ predictions: 3, feedback: 1 });
  assert.equal(second.from?.get('predictions'), 2n, 'it begins at the last record it knows');
  assert.deepEqual(await run(second, { predictions: 3, feedback: 1 }, LOG), ['b', 'c']);
});

test('a failure in the middle of a replay: the records that were not applied are not taken for known', async (t) => {
  const world = aWorld(t);
  world.registryAway = true;
  const first = await world.open({ predictions: 3, feedback: 0 });
  await assert.rejects(async () => first.handle('predictions', LOG.predictions, 3n), { code: 'registry_unavailable' });
  first.close?.();
  world.registryAway = false;
  assert.deepEqual(await run(await world.open({ predictions: 3, feedback: 0 }), { predictions: 3, feedback: 0 }, LOG), ['a', 'b', 'c']);
});

test('a failure in the middle of new records: nothing uncommitted is kept, also when another owner commits them meanwhile', async (t) => {
  const world = aWorld(t);
  world.registryAway = true;
  const first = await world.open(START);
  await assert.rejects(async () => first.handle('predictions', LOG.predictions, 0n), { code: 'registry_unavailable' });
  first.close?.();
  world.registryAway = false;
  assert.deepEqual(await run(await world.open({ predictions: 3, feedback: 0 }), { predictions: 3, feedback: 0 }, LOG), ['a', 'b', 'c']);
});

test('stale: another owner went on meanwhile; what it did is replayed in silence', async (t) => {
  const world = aWorld(t);
  const zombie = await world.open(START);
  assert.deepEqual(await run(zombie, START, part(1, 1)), ['a']);
  // It wakes and handles what another has committed; its transaction fails, so it closes without `committed`.
  await zombie.handle('predictions', [p(1, 'b')], 0n);
  await zombie.handle('feedback', [f(1, 'b')], 0n);
  zombie.close?.();
  assert.deepEqual(await run(await world.open({ predictions: 2, feedback: 2 }), { predictions: 2, feedback: 2 }, LOG), ['c']);
});

test('killed between the commit and the save: the state is behind, and catches up in silence', async (t) => {
  const world = aWorld(t);
  const first = await world.open(START);
  assert.deepEqual(await run(first, START, part(1, 1)), ['a']);
  await first.handle('predictions', [p(1, 'b')], 0n);
  await first.handle('feedback', [f(1, 'b')], 0n);
  // kill -9 here: the commit stands in Kafka, nothing of it on disk, and nobody closes.
  assert.deepEqual(await run(await world.open({ predictions: 2, feedback: 2 }), { predictions: 2, feedback: 2 }, LOG), ['c']);
});

test('ahead of the committed positions: thrown away and rebuilt', async (t) => {
  const world = aWorld(t);
  const first = await world.open(START);
  await run(first, START, LOG);
  first.close?.();
  const second = await world.open({ predictions: 1, feedback: 0 });
  assert.equal(second.from?.get('predictions'), 0n);
  assert.deepEqual(await run(second, { predictions: 1, feedback: 0 }, LOG), ['a', 'b', 'c']);
});

const IDENTIFIED = new Map([['predictions', 'a1'], ['feedback', 'a2']] as const);
test('another record where the last one stood: without ids the state is of another log and is rebuilt', async (t) => {
  const world = aWorld(t);
  const first = await world.open(START);
  await run(first, START, part(2, 0));
  first.close?.();
  const positions = { predictions: 2, feedback: 0 };
  const other = { predictions: [p(0, 'x'), p(1, 'y'), p(2, 'z')], feedback: [f(0, 'x')] };
  await assert.rejects(async () => run(await world.open(positions), positions, other), { code: 'state_differs' });
  assert.deepEqual(await run(await world.open(positions), positions, other), ['x']);
});
test('another record where the last one stood, in the log with the same id: its end was lost and written over; it is held, also the next time', async (t) => {
  const world = aWorld(t);
  const opening = { logIds: IDENTIFIED };
  const first = await world.open(START, opening);
  await run(first, START, part(2, 0));
  first.close?.();
  const positions = { predictions: 2, feedback: 0 };
  const cut = { predictions: [p(0, 'a'), p(1, 'y'), p(2, 'z')], feedback: [f(0, 'y')] };
  for (let time = 0; time < 2; time += 1) await assert.rejects(async () => run(await world.open(positions, opening), positions, cut), { code: 'log_cut' });
  assert.deepEqual(await run(await world.open(positions, opening), positions, LOG), ['a', 'b', 'c'], 'brought back, it goes on');
});
test('the state of a log that was replaced is not laid over the new one', async (t) => {
  const world = aWorld(t);
  const first = await world.open(START, { logIds: IDENTIFIED });
  assert.deepEqual(await run(first, START, part(2, 1)), ['a']);
  first.close?.();
  const second = await world.open({ predictions: 0, feedback: 1 }, { logIds: new Map([...IDENTIFIED, ['predictions', 'b1']] as const), anew: new Set(['predictions'] as const) });
  assert.deepEqual(second.from?.get('predictions'), 0n);
  assert.equal(second.note?.(), `1 0`, 'feedback that was answered is not told as orphaned');
  assert.deepEqual(await run(second, { predictions: 0, feedback: 1 }, { predictions: [p(0, 'b')], feedback: LOG.feedback }), ['b']);
});

const newest = (dir: string): string => join(dir, readdirSync(dir).filter((name) => name.endsWith('.log')).sort().at(-1) ?? '');
const DAMAGE: { name: string; damage: (file: string) => void }[] = [
  { name: 'torn at its end', damage: (file) => truncateSync(file, readFileSync(file).length - 3) },
  { name: 'a flipped byte', damage: (file) => {
    const bytes = readFileSync(file);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] ?? 0) ^ 0xff;
    writeFileSync(file, bytes);
  } },
  { name: 'emptied', damage: (file) => truncateSync(file, 0) },
  { name: 'gone', damage: (file) => rmSync(file) },
  { name: 'something else', damage: (file) => writeFileSync(file, 'this is no log of ours, whatever its name says') },
];
for (const { name, damage } of DAMAGE) {
  test(`a damaged state (${name}) costs a replay and nothing else`, async (t) => {
    const world = aWorld(t);
    const first = await world.open(START);
    await run(first, START, part(2, 1));
    await run(first, START, { predictions: [p(2, 'c')], feedback: [] });
    first.close?.();
    damage(newest(world.dir));
    const positions = { predictions: 3, feedback: 1 };
    assert.deepEqual(await run(await world.open(positions), positions, LOG), ['b', 'c']);
  });
}
