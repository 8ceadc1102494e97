import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import type { Labelled, Prediction } from '../../schemas/events.ts';
import { encode } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { certaintyOf, labelQueue, type QueueOrder } from './choose.ts';
import { statusOf, viewOf, type Held } from './held.ts';
import { createRecent, EARLY, REVISIONS, type Recent, type Window } from './recent.ts';

const predicted = (id: string, change: Partial<Prediction> = {}): Prediction => ({
  prediction_id: id, model_name: 'grocery', model_version: 'v1', product_description: `text of ${id}`, category: 'Toys', probabilities: [{ category: 'Beverages', probability: 0.25 }, { category: 'Toys', probability: 0.75 }], predicted_at: 5, audit: false, ...change,
});
const labelled = (id: string, revision: number, label: string | null, change: Partial<Labelled> = {}): Labelled => ({
  prediction_id: id, model_name: 'grocery', model_version: 'v1', revision, predicted: 'Toys', label, previous_label: null, labelled_at: 100 + revision, previous_labelled_at: null, predicted_at: 5, audit: false, source: 'http', ...change,
});
const WIDTH = 3;
const put = (recent: Recent, id: string, atMs: number, change: Partial<Prediction> = {}): void => recent.prediction(partitionOf(id, WIDTH), atMs, predicted(id, change));
const roomy = (predictions = 100): Recent => createRecent({ predictions, bytes: 1e9, partitions: WIDTH });
const idsOf = (list: Iterable<{ readonly id: string }>): string[] => [...list].map(({ id }) => id);

test('a prediction is told as it was made, with what people have said of it', () => {
  const recent = roomy();
  put(recent, 'a', 7);
  const held = (): Held => recent.find('a') ?? assert.fail();
  assert.deepEqual(viewOf(held()), { ...predicted('a'), recorded_at: 7, status: 'unlabelled', label: null, revisions: [], revisions_total: 0 });
  for (const [revision, label, status] of [[0, 'Beverages', 'labelled'], [1, 'Toys', 'labelled'], [2, null, 'withdrawn']] as const) {
    recent.labelled(labelled('a', revision, label));
    // Told twice: a batch that failed half-way comes again.
    recent.labelled(labelled('a', revision, label));
    assert.deepEqual([statusOf(held()), viewOf(held()).label, viewOf(held()).revisions_total], [status, label, revision + 1]);
  }
  assert.deepEqual(viewOf(held()).revisions.map(({ label, labelled_at }) => [label, labelled_at]), [['Beverages', 100], ['Toys', 101], [null, 102]]);
});
/** A record of a fetch: other bytes stand around its key and value. */
function fetched(key: string, value: Uint8Array): Window {
  const bytes = Buffer.concat([Buffer.from('xxx'), Buffer.from(key), Buffer.from('yy'), value, Buffer.from('zzz')]);
  const keyTo = 3 + Buffer.byteLength(key);
  return { bytes, keyFrom: 3, keyTo, valueFrom: keyTo + 2, valueTo: keyTo + 2 + value.length };
}
test('law: what is kept from the bytes of a record is what is kept from the event, whatever the texts; and it stays when the fetched bytes are written over', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 90 }), fc.string({ maxLength: 300 }));
  const event = fc.record({ prediction_id: text, model_name: text, model_version: text, product_description: text, category: text, probabilities: fc.array(fc.record({ category: text, probability: fc.double({ noNaN: true }) }), { maxLength: 6 }), predicted_at: fc.nat(2 ** 45), audit: fc.boolean() });
  fc.assert(fc.property(fc.array(event, { maxLength: 20 }), (events) => {
    const [ours, theirs] = [roomy(), roomy()];
    events.forEach((one, i) => {
      const partition = partitionOf(one.prediction_id, WIDTH);
      const window = fetched(one.prediction_id, encode('predictions', one, 7));
      ours.prediction(partition, i, one);
      assert.equal(theirs.record(partition, i, window), true);
      window.bytes.fill(0);
    });
    assert.deepEqual([...theirs.newestFirst()].map(viewOf), [...ours.newestFirst()].map(viewOf));
    for (const { prediction_id } of events) assert.equal(theirs.find(prediction_id)?.id, prediction_id);
  }));
});
test('a record that is not plainly a prediction is left to the general reader: bytes missing, left over or wrong, another key, another partition', () => {
  const value = encode('predictions', predicted('an-id'), 7);
  const at = partitionOf('an-id', WIDTH);
  const recent = roomy();
  for (let length = 0; length < value.length; length += 1) assert.equal(recent.record(at, 1, fetched('an-id', value.subarray(0, length))), false, `${length} bytes`);
  assert.equal(recent.record(at, 1, fetched('an-id', Buffer.concat([value, Buffer.from([0])]))), false);
  const wrongFlag = Buffer.from(value);
  wrongFlag[value.length - 1] = 2;
  assert.equal(recent.record(at, 1, fetched('an-id', wrongFlag)), false);
  for (const key of ['n-id', 'an-i', 'an-ie', '', `${'x'.repeat(70)}an-id`]) assert.equal(recent.record(partitionOf(key, WIDTH), 1, fetched(key, value)), false, key);
  assert.equal(recent.record((at + 1) % WIDTH, 1, fetched('an-id', value)), false);
  assert.equal(recent.record(at, 1, { ...fetched('an-id', value), keyTo: 2 }), false, 'no key');
  assert.deepEqual(recent.size().predictions, 0);
  assert.equal(recent.record(at, 1, fetched('an-id', value)), true);
});
test('the first prediction of an id counts, as in the join; one on a foreign partition is left to the join', () => {
  const recent = roomy();
  put(recent, 'a', 1);
  put(recent, 'a', 2, { category: 'Beverages' });
  recent.prediction((partitionOf('b', WIDTH) + 1) % WIDTH, 3, predicted('b'));
  assert.deepEqual([recent.find('a')?.predicted, recent.find('b'), recent.size().predictions], ['Toys', undefined, 1]);
});
test('the oldest that is held: nothing while nothing is, whatever the number of partitions', () => {
  const recent = roomy();
  assert.equal(recent.oldestMs(), undefined);
  put(recent, 'a', 7);
  put(recent, 'b', 5);
  assert.equal(recent.oldestMs(), 5);
});
test('a label that is read before its prediction waits for it, the newest so many', () => {
  const recent = roomy();
  recent.labelled(labelled('a', 0, 'Toys'));
  recent.labelled(labelled('a', 1, 'Beverages'));
  put(recent, 'a', 1);
  const held = recent.find('a');
  assert.deepEqual([held?.revisions.length, recent.size().early], [2, 0]);
  for (let i = 0; i < EARLY + 5; i += 1) recent.labelled(labelled(`e${i}`, 0, 'Toys'));
  assert.equal(recent.size().early, EARLY);
});
test('corrections without end take no room without end, and are counted', () => {
  const recent = roomy();
  put(recent, 'a', 1);
  const before = recent.size().bytes;
  for (let revision = 0; revision < 1000; revision += 1) recent.labelled(labelled('a', revision, revision % 2 === 0 ? 'Toys' : 'Beverages'));
  const held = recent.find('a');
  assert.ok(held !== undefined && recent.size().bytes < before + 2000);
  assert.deepEqual([held.revisions.length, viewOf(held).revisions_total], [REVISIONS, 1000]);
});
test('the oldest give way: by number and by bytes, and it is known since when all is held', () => {
  for (const room of [{ predictions: 30, bytes: 1e9 }, { predictions: 1e6, bytes: 30 * 130 }]) {
    const recent = createRecent({ ...room, partitions: WIDTH });
    assert.equal(recent.heldSince('p0'), undefined);
    for (let i = 0; i < 1000; i += 1) put(recent, `p${i}`, i);
    const { predictions, bytes } = recent.size();
    assert.ok(predictions <= 36 && predictions >= 24 && bytes <= room.bytes, `${predictions} predictions, ${bytes} bytes`);
    assert.equal(recent.find('p0'), undefined);
    assert.ok(recent.find('p999') !== undefined);
    const since = recent.heldSince('p0') ?? 0;
    for (let i = since; i < 1000; i += 1) if (partitionOf(`p${i}`, WIDTH) === partitionOf('p0', WIDTH)) assert.ok(recent.find(`p${i}`) !== undefined, `p${i}`);
    // A label for one that gave way is not kept for a prediction that will never come.
    recent.labelled(labelled('p0', 0, 'Toys', { predicted_at: 0 }));
    assert.equal(recent.size().early, 0);
  }
});
test('room for none: nothing is kept', () => {
  const recent = roomy(0);
  put(recent, 'a', 1);
  assert.deepEqual(recent.size(), { predictions: 0, bytes: 0, early: 0 });
});
test('law: whatever the order in which partitions are read, the same is held', () => {
  const ids = Array.from({ length: 60 }, (_, i) => `p${i}`);
  const byPartition = Array.from({ length: WIDTH }, (_, partition) => ids.flatMap((id, i) => (partitionOf(id, WIDTH) === partition ? [{ id, i }] : [])));
  fc.assert(fc.property(fc.array(fc.nat(WIDTH - 1), { minLength: 200, maxLength: 300 }), fc.array(fc.tuple(fc.nat(59), fc.nat(3)), { maxLength: 40 }), (turns, labels) => {
    const read = (order: readonly number[]): unknown => {
      const recent = createRecent({ predictions: 30, bytes: 1e9, partitions: WIDTH });
      const next = byPartition.map((list) => [...list]);
      const feed = (partition: number): void => {
        const one = next[partition]?.shift();
        if (one !== undefined) put(recent, one.id, one.i);
      };
      order.forEach(feed);
      next.forEach((list, partition) => list.slice().forEach(() => feed(partition)));
      const revisions = new Map<number, number>();
      for (const [i, label] of labels) {
        const revision = revisions.get(i) ?? 0;
        revisions.set(i, revision + 1);
        recent.labelled(labelled(`p${i}`, revision, label === 0 ? null : `L${label}`, { predicted_at: i }));
      }
      return [...recent.newestFirst()].map(viewOf);
    };
    assert.deepEqual(read(turns), read([]));
  }), { numRuns: 50 });
});
test('from the newest to the oldest, across partitions', () => {
  const recent = roomy();
  for (let i = 0; i < 50; i += 1) put(recent, `p${i}`, i);
  assert.deepEqual(idsOf(recent.newestFirst()), Array.from({ length: 50 }, (_, i) => `p${49 - i}`));
});

test('certainty is the lead of the best category', () => {
  for (const [probabilities, want] of [[[0.5, 0.5], 0], [[1, 0, 0], 1], [[0.25, 0.75], 0.5], [[0.2, 0.5, 0.3], 0.2], [[], 0]] as const) assert.ok(Math.abs(certaintyOf(probabilities) - want) < 1e-12, String(probabilities));
});
const unsure = (lead: number): Partial<Prediction> => ({ probabilities: [{ category: 'Toys', probability: (1 + lead) / 2 }, { category: 'Beverages', probability: (1 - lead) / 2 }] });
test('the queue: what has no label, the least certain first, or the audited, or the newest; of the version that serves before all others', () => {
  const recent = roomy();
  [0.9, 0.1, 0.5, 0.1, 0.7].forEach((lead, i) => put(recent, `p${i}`, i, { ...unsure(lead), audit: i % 2 === 0, model_version: i === 4 ? 'v2' : 'v1' }));
  put(recent, 'done', 9, unsure(0));
  recent.labelled(labelled('done', 0, 'Toys'));
  put(recent, 'gone', 10, unsure(0));
  recent.labelled(labelled('gone', 0, null));
  const queue = (order: QueueOrder, limit = 10, first: readonly string[] = [], except: readonly string[] = [], serves?: string): string[] => idsOf(labelQueue(recent.newestFirst(), { order, limit, serves, first: new Set(first), except: new Set(except) }).chosen);
  assert.deepEqual(queue('least_certain'), ['p3', 'p1', 'p2', 'p4', 'p0']);
  assert.deepEqual(queue('least_certain', 3), ['p3', 'p1', 'p2']);
  assert.deepEqual(queue('audit'), ['p4', 'p2', 'p0']);
  assert.deepEqual(queue('audit', 1), ['p4']);
  assert.deepEqual(queue('newest', 2), ['p4', 'p3']);
  assert.deepEqual(queue('newest', 0), []);
  // What somebody holds already comes first, whatever the order; what is excepted does not come, even so.
  assert.deepEqual(queue('least_certain', 3, ['p0', 'p4', 'gone']), ['p4', 'p0', 'p3']);
  assert.deepEqual(queue('audit', 2, ['p1']), ['p1', 'p4']);
  assert.deepEqual(queue('newest', 2, ['p0', 'p1'], ['p1', 'p4']), ['p0', 'p3']);
  assert.deepEqual([queue('least_certain', 3, [], [], 'v2'), queue('audit', 2, ['p0'], [], 'v1'), queue('newest', 9, [], [], 'v2')], [['p4', 'p3', 'p1'], ['p0', 'p2'], ['p4', 'p3', 'p2', 'p1', 'p0']]);
  assert.deepEqual((['newest', 'audit', 'least_certain'] as const).map((order) => labelQueue(recent.newestFirst(), { order, limit: 1, first: new Set(), except: new Set(['p0']) }).waiting), [5, 3, 5]);
});
test('law: the queue is the head of all unlabelled sorted by their lead, the newest first among equals', () => {
  fc.assert(fc.property(fc.array(fc.nat(5), { maxLength: 60 }), fc.integer({ min: 0, max: 20 }), fc.uniqueArray(fc.nat(60)), fc.uniqueArray(fc.nat(60)), (leads, limit, mine, out) => {
    const recent = roomy();
    leads.forEach((lead, i) => put(recent, `p${i}`, i, unsure(lead / 8)));
    const want = leads.map((lead, i) => ({ lead: mine.includes(i) ? -1 : lead, i })).filter(({ i }) => !out.includes(i)).sort((a, b) => a.lead - b.lead || b.i - a.i).slice(0, limit).map(({ i }) => `p${i}`);
    const { chosen, waiting } = labelQueue(recent.newestFirst(), { order: 'least_certain', limit, first: new Set(mine.map((i) => `p${i}`)), except: new Set(out.map((i) => `p${i}`)) });
    assert.deepEqual([idsOf(chosen), waiting], [want, leads.length]);
  }));
});

test('the estimate that bounds memory is what the process says, within a fifth', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const used = (): number => {
    for (let i = 0; i < 3; i += 1) gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const categories = ['Dry Goods & Pantry Staples', 'Fresh & Perishable Items', 'Household & Personal Care', 'Beverages', 'Specialty & Miscellaneous'];
  const before = used();
  const recent = createRecent({ predictions: 100_000, bytes: 1e9, partitions: 4 });
  for (let i = 0; i < 120_000; i += 1) {
    const id = `018f0000-0000-7000-8000-${String(i).padStart(12, '0')}`;
    const text = `Sparkling Water Lemon ${i} 330 ml organic, twelve cans in a box`;
    recent.prediction(partitionOf(id, 4), i, predicted(id, { product_description: text, probabilities: categories.map((category, k) => ({ category, probability: 1 / (i + k + 3) })) }));
    if (i % 5 === 0) recent.labelled(labelled(id, 0, 'Beverages'));
  }
  const heap = used() - before;
  const { predictions, bytes } = recent.size();
  console.log(`${predictions} predictions, a fifth of them labelled: ${(heap / predictions).toFixed(0)} bytes each in the process, ${(bytes / predictions).toFixed(0)} by the estimate (${(heap / 1e6).toFixed(0)} MB)`);
  assert.ok(predictions > 98_000 && Math.abs(bytes / heap - 1) < 0.2, `${bytes} estimated, ${heap} in the process`);
});

test('what is erased is told to nobody, and does not come back', () => {
  const recent = createRecent({ predictions: 100, bytes: 1_000_000, partitions: 1 });
  const one = (id: string) => ({ prediction_id: id, model_name: 'm', model_version: 'v1', product_description: `secret of ${id}`, category: 'a', probabilities: [{ category: 'a', probability: 1 }], predicted_at: 1, audit: false });
  recent.prediction(0, 1, one('x'));
  recent.prediction(0, 2, one('y'));
  recent.erase('x');
  recent.erase('later');
  recent.prediction(0, 3, one('later'));
  recent.prediction(0, 4, one('x'));
  assert.deepEqual([recent.find('x'), recent.find('later'), recent.find('y')?.text], [undefined, undefined, 'secret of y']);
  assert.deepEqual([...recent.newestFirst()].map(({ id }) => id), ['y']);
  assert.equal(recent.size().predictions, 2, 'what comes later is not kept at all');
});
