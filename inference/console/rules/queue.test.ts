// The label queue: told as stories, and as laws over any order of events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { advance, AHEAD, emptyQueue, moved, type Event, type Queue, type Wish } from './queue.ts';
import type { LeasedItem, Problem } from './wire.ts';

const away: Problem = { status: 503, title: 'unavailable', detail: 'Kafka is away' };
const item = (n: number, leasedUntil = 1_000_000): LeasedItem => ({
  prediction_id: `p${n}`, product_description: `product ${n}`, category: 'A', probabilities: [{ category: 'A', probability: 0.6 }, { category: 'B', probability: 0.3 }, { category: 'C', probability: 0.1 }],
  model_version: 'v1', predicted_at: 0, audit: false, leased_until: leasedUntil,
});
const leased = (...numbers: number[]): Event => ({ kind: 'leased', order: 'least_certain', items: numbers.map((n) => item(n)), waiting: 100 });
/** After these events: the queue, and every wish on the way. */
function after(...events: readonly Event[]): { queue: Queue; wishes: Wish[]; last: readonly Wish[] } {
  let queue = emptyQueue('least_certain');
  const wishes: Wish[] = [];
  let last: readonly Wish[] = [];
  for (const event of events) {
    ({ queue, wishes: last } = advance(queue, event));
    wishes.push(...last);
  }
  return { queue, wishes, last };
}
const said = (wishes: readonly Wish[]) => wishes.filter((wish) => wish.kind === 'say').map(({ predictionId, category }) => [predictionId, category]);

test('opening leases ahead, once', () => {
  assert.deepEqual(after({ kind: 'look' }).wishes, [{ kind: 'lease', order: 'least_certain', limit: AHEAD, except: [] }]);
  assert.deepEqual(after({ kind: 'look' }, { kind: 'look' }).last, []);
});
test('the first item is shown with the model\'s answer chosen', () => {
  const { queue } = after({ kind: 'look' }, leased(1, 2));
  assert.deepEqual([queue.items.map((one) => one.prediction_id), queue.chosen, queue.waiting], [['p1', 'p2'], 'A', 100]);
});
test('confirming says the choice and shows the next item at once, before the word has arrived', () => {
  const { queue, last } = after({ kind: 'look' }, leased(1, 2), { kind: 'choose', category: 'B' }, { kind: 'confirm', feedbackId: 'f1' });
  assert.deepEqual(last.slice(0, 2), [{ kind: 'say', predictionId: 'p1', category: 'B', feedbackId: 'f1' }, { kind: 'announce', text: 'Corrected: B' }]);
  assert.deepEqual([queue.items[0]?.prediction_id, queue.chosen, queue.counts, queue.waiting], ['p2', 'A', { labelled: 1, corrected: 1, withdrawn: 0 }, 99]);
  assert.equal(queue.said[0]?.status, 'travels');
});
test('a lease is asked for while items are left, without those at hand, said or skipped', () => {
  const { last } = after({ kind: 'look' }, leased(...Array.from({ length: 12 }, (_, i) => i)), { kind: 'skip' }, { kind: 'confirm', feedbackId: 'f' });
  assert.deepEqual(last.find((wish) => wish.kind === 'lease')?.except, ['p2', 'p3', 'p4', 'p5', 'p6', 'p7', 'p8', 'p9', 'p10', 'p11', 'p0', 'p1']);
});
test('what comes again is not shown again', () => {
  const { queue } = after({ kind: 'look' }, leased(1, 2), { kind: 'confirm', feedbackId: 'f1' }, { kind: 'skip' }, leased(1, 2, 3));
  assert.deepEqual(queue.items.map((one) => one.prediction_id), ['p3']);
});
test('a category the item does not have cannot be chosen', () => {
  assert.equal(after({ kind: 'look' }, leased(1), { kind: 'choose', category: 'Z' }).queue.chosen, 'A');
});
test('undo withdraws, brings the item back with what was said of it, and takes it out of the tally', () => {
  const { queue, last } = after({ kind: 'look' }, leased(1, 2), { kind: 'choose', category: 'B' }, { kind: 'confirm', feedbackId: 'f1' }, { kind: 'stored', feedbackId: 'f1' }, { kind: 'undo', feedbackId: 'f2' });
  assert.deepEqual(said(last), [['p1', null]]);
  assert.deepEqual([queue.items.map((one) => one.prediction_id), queue.chosen, queue.counts], [['p1', 'p2'], 'B', { labelled: 0, corrected: 0, withdrawn: 1 }]);
});
test('undo goes back step by step, past what was taken back already', () => {
  const { wishes, last } = after({ kind: 'look' }, leased(1, 2, 3), { kind: 'confirm', feedbackId: 'f1' }, { kind: 'confirm', feedbackId: 'f2' }, { kind: 'undo', feedbackId: 'f3' }, { kind: 'undo', feedbackId: 'f4' }, { kind: 'undo', feedbackId: 'f5' });
  assert.deepEqual(said(wishes), [['p1', 'A'], ['p2', 'A'], ['p2', null], ['p1', null]]);
  assert.deepEqual(last, [{ kind: 'announce', text: 'There is nothing to undo' }]);
});
test('a word that did not arrive says so, can be said again with the same id, and needs none to be taken back', () => {
  const failed = after({ kind: 'look' }, leased(1, 2), { kind: 'confirm', feedbackId: 'f1' }, { kind: 'failed', feedbackId: 'f1', problem: away });
  assert.deepEqual([failed.queue.said[0]?.status, failed.queue.problem], ['failed', away]);
  assert.deepEqual(advance(failed.queue, { kind: 'again', feedbackId: 'f1' }).wishes, [{ kind: 'say', predictionId: 'p1', category: 'A', feedbackId: 'f1' }]);
  const undone = advance(failed.queue, { kind: 'undo', feedbackId: 'f2' });
  assert.deepEqual([said(undone.wishes), undone.queue.said], [[], []]);
});
test('another order gives back what was at hand; an answer to the old order changes nothing', () => {
  const { queue, last } = after({ kind: 'look' }, leased(1, 2), { kind: 'order', order: 'audit' });
  assert.deepEqual(last, [{ kind: 'release', ids: ['p1', 'p2'] }, { kind: 'lease', order: 'audit', limit: AHEAD, except: [] }]);
  assert.deepEqual(advance(queue, leased(5)).queue, queue);
});
test('a dry lease is not repeated by itself; looking again is', () => {
  const dry = after({ kind: 'look' }, leased());
  assert.deepEqual([dry.queue.dry, dry.queue.asking], [true, false]);
  assert.equal(advance(dry.queue, { kind: 'look' }).wishes[0]?.kind, 'lease');
});
test('a lease that ran out is not shown any more; what was taken back stays', () => {
  const { queue } = after({ kind: 'look' }, leased(1, 2), { kind: 'confirm', feedbackId: 'f1' }, { kind: 'undo', feedbackId: 'f2' });
  const late = advance(queue, { kind: 'tick', nowMs: 2_000_000 });
  assert.deepEqual([late.queue.items.map((one) => one.prediction_id), late.queue.asking], [['p1'], true]);
});
test('leaving gives back what was at hand', () => {
  assert.deepEqual(after({ kind: 'look' }, leased(1, 2), { kind: 'left' }).last, [{ kind: 'release', ids: ['p1', 'p2'] }]);
});
test('the choice moves round the corner', () => {
  const { queue } = after({ kind: 'look' }, leased(1));
  assert.deepEqual([moved(queue, 1), moved(queue, -1), moved(emptyQueue('newest'), 1)], ['B', 'C', undefined]);
});

test('law: whatever happens, the words that were sent come to what the person sees as said', () => {
  const events = fc.array(fc.oneof(
    fc.constant('confirm' as const), fc.constant('skip' as const), fc.constant('undo' as const), fc.constant('lease' as const), fc.constant('left' as const), fc.constantFrom('A' as const, 'B' as const, 'C' as const),
  ), { maxLength: 80 });
  fc.assert(fc.property(events, (list) => {
    let queue = emptyQueue('least_certain');
    const labels = new Map<string, string>();
    let ids = 0;
    let next = 0;
    const happen = (event: Event): void => {
      const step = advance(queue, event);
      queue = step.queue;
      for (const wish of step.wishes) {
        if (wish.kind === 'say' && wish.category === null) assert.ok(labels.delete(wish.predictionId), 'only what was said is taken back');
        else if (wish.kind === 'say' && wish.category !== null) labels.set(wish.predictionId, wish.category);
        else if (wish.kind === 'lease') assert.deepEqual(wish.except.filter((id) => queue.items.some((one) => one.prediction_id === id)).length, queue.items.length);
      }
      assert.equal(new Set(queue.items.map((one) => one.prediction_id)).size, queue.items.length, 'no item twice');
      assert.equal(queue.items.length === 0, queue.chosen === undefined, 'something is chosen exactly while an item is shown');
    };
    happen({ kind: 'look' });
    for (const one of list) {
      switch (one) {
        case 'confirm': case 'undo': happen({ kind: one, feedbackId: `f${(ids += 1)}` }); break;
        case 'skip': case 'left': happen({ kind: one }); break;
        case 'lease': happen({ kind: 'leased', order: 'least_certain', items: [item((next += 1)), item((next += 1)), item(Math.max(1, next - 3))], waiting: 9 }); break;
        default: happen({ kind: 'choose', category: one });
      }
    }
    const seen = queue.said.filter(({ category }) => category !== null);
    assert.deepEqual([...labels].toSorted(), seen.map(({ item: { prediction_id }, category }) => [prediction_id, category]).toSorted());
    assert.deepEqual([queue.counts.labelled, queue.counts.corrected], [seen.length, seen.filter(({ category }) => category !== 'A').length]);
  }));
});
