import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Log } from '../../producers/kafka.ts';
import { silent } from '../../producers/kafka.ts';
import { transient } from '../../schemas/failure.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { createRecentLabels } from '../recent/labels.ts';
import { answerTo } from '../recent/questions.ts';
import { createRecent } from '../recent/recent.ts';
import { openLabelDesk, type LabelDesk } from './desk.ts';
import { createLeases } from './leases.ts';
import type { SharedLeases } from './sharedLeases.ts';

const LEASE_MS = 1000;
/** Instances over one table, one read model and one clock. */
function instances(count: number, predictions: number, log: Log = silent) {
  const clock = { nowMs: 0, away: false, /** goes away after it has told what is held */ leaves: false };
  const table = createLeases(LEASE_MS);
  const answer = <T>(value: () => T): Promise<T> => (clock.away ? Promise.reject(transient('mysql_failed', 'away')) : Promise.resolve().then(value));
  const shared: Omit<SharedLeases, 'close'> = {
    held: (holder) => answer(() => table.held(holder, clock.nowMs)).then((inHand) => (clock.leaves ? ((clock.away = true), { mine: inHand.mine, others: [] }) : inHand)),
    take: (holder, ids) => answer(() => table.take(holder, ids, clock.nowMs)),
    release: (holder, ids) => answer(() => table.release(holder, ids)),
  };
  const recent = createRecent({ predictions: 1000, bytes: 1e9, partitions: 2 });
  const labels = createRecentLabels(100);
  for (let i = 0; i < predictions; i += 1) recent.prediction(partitionOf(`p${i}`, 2), i, { prediction_id: `p${i}`, model_name: 'm', model_version: 'v1', product_description: 'x', category: 'A', probabilities: [{ category: 'A', probability: 1 }], predicted_at: i, audit: false });
  const desks = Array.from({ length: count }, () => openLabelDesk({ recent: { ask: (question) => Promise.resolve(answerTo(recent, labels, question)) }, shared, serves: () => undefined, leaseMs: LEASE_MS, nowMs: () => clock.nowMs, log }));
  return { clock, recent, desk: (n: number): LabelDesk => desks[n] ?? assert.fail() };
}
const wish = (limit: number, except: readonly string[] = []) => ({ order: 'newest' as const, limit, except });
const idsOf = async (handed: ReturnType<LabelDesk['lease']>): Promise<string> => (await handed).items.map(({ prediction }) => prediction.prediction_id).join(' ');

test('two people at two instances get different ones; what one holds comes again; what is given back or has run out goes to the other', async () => {
  const { clock, desk } = instances(2, 6);
  assert.equal(await idsOf(desk(0).lease('anna', wish(3))), 'p5 p4 p3');
  assert.equal(await idsOf(desk(1).lease('bert', wish(5))), 'p2 p1 p0');
  assert.equal(await idsOf(desk(1).lease('anna', wish(4))), 'p5 p4 p3');
  assert.equal(await desk(0).release('anna', ['p4']), true);
  assert.equal(await idsOf(desk(1).lease('bert', wish(5))), 'p2 p1 p0 p4');
  clock.nowMs += LEASE_MS;
  const again = await desk(1).lease('bert', wish(2));
  assert.deepEqual([again.items.map(({ prediction, untilMs }) => [prediction.prediction_id, untilMs]), again.waiting, again.shared], [[['p5', 2000], ['p4', 2000]], 6, true]);
});
test('what is in hand or was labelled a moment ago is not given again, and stays leased', async () => {
  const { desk } = instances(1, 6);
  assert.equal(await idsOf(desk(0).lease('anna', wish(2))), 'p5 p4');
  assert.equal(await idsOf(desk(0).lease('anna', wish(2, ['p5', 'p4']))), 'p3 p2');
  assert.equal(await idsOf(desk(0).lease('bert', wish(9))), 'p1 p0');
});
test('MySQL away: one instance goes on by itself and says so, still one holder each; when it is back all know again', async () => {
  const said: string[] = [];
  const { clock, desk } = instances(2, 6, { ...silent, warn: (_fields: object, text: string) => void said.push(text) } as Log);
  assert.equal(await idsOf(desk(0).lease('anna', wish(2))), 'p5 p4');
  clock.away = true;
  const alone = await desk(0).lease('bert', wish(2));
  assert.deepEqual([alone.items.map(({ prediction }) => prediction.prediction_id), alone.shared], [['p3', 'p2'], false]);
  assert.equal(await desk(0).release('bert', ['p2']), false);
  assert.equal(await idsOf(desk(0).lease('anna', wish(4))), 'p5 p4 p2 p1');
  assert.equal(said.length, 1, 'the table is left alone for a while, not asked and logged each time');
  clock.away = false;
  clock.nowMs += 5000;
  const back = await desk(0).lease('anna', wish(2));
  assert.deepEqual([back.items.length, back.shared], [2, true]);
});
test('MySQL goes away between the question and the word: what the table was seen to give to another is not given', async () => {
  const { clock, desk } = instances(1, 4);
  assert.equal(await idsOf(desk(0).lease('anna', wish(2))), 'p3 p2');
  clock.leaves = true;
  const handed = await desk(0).lease('bert', wish(2));
  assert.deepEqual([handed.items.map(({ prediction }) => prediction.prediction_id), handed.shared], [['p1', 'p0'], false]);
});
test('law: however people ask at several instances at once, no two hold the same item', async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.array(fc.record({ instance: fc.nat(1), holder: fc.constantFrom('anna', 'bert', 'cleo'), limit: fc.integer({ min: 1, max: 8 }) }), { maxLength: 6 }), { maxLength: 6 }), async (waves) => {
    const { clock, desk } = instances(2, 12);
    const until = new Map<string, { holder: string; untilMs: number }>();
    for (const wave of waves) {
      clock.nowMs += 300;
      const handed = await Promise.all(wave.map(async ({ instance, holder, limit }) => ({ holder, items: (await desk(instance).lease(holder, wish(limit))).items })));
      for (const { holder, items } of handed) {
        for (const { prediction, untilMs } of items) {
          const before = until.get(prediction.prediction_id);
          assert.ok(before === undefined || before.holder === holder || before.untilMs <= clock.nowMs, `${prediction.prediction_id} is held by ${before?.holder ?? ''} and given to ${holder}`);
          until.set(prediction.prediction_id, { holder, untilMs });
        }
      }
    }
  }), { numRuns: 50 });
});
