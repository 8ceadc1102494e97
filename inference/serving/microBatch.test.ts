import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Prediction } from '../../schemas/events.ts';
import { fatal, LoopError, transient } from '../../schemas/failure.ts';
import { createMicroBatch } from './microBatch.ts';
import type { Ask, Predictor } from './predictor.ts';

const LIMITS = { openRequests: 100, openBytes: 100_000 };
const predictionOf = ({ predictionId, text }: Ask): Prediction => ({ prediction_id: predictionId, model_name: 'tiny', model_version: 'v1', product_description: text, category: text.toUpperCase(), probabilities: [], predicted_at: 0, audit: false });
const ask = (id: string, text = id): Ask => ({ predictionId: id, text });
/** Counts the batches that were scored and sent; `release` lets Kafka acknowledge. */
function bench(change: { predict?: Predictor; publish?: (messages: readonly Outgoing[]) => Promise<void>; limits?: typeof LIMITS } = {}) {
  const scored: string[][] = [];
  const sent: string[][] = [];
  const acks: (() => void)[] = [];
  let shed = 0;
  const batch = createMicroBatch({
    limits: LIMITS, onShed: () => (shed += 1),
    predict: (asks) => (scored.push(asks.map(({ text }) => text)), asks.map(predictionOf)),
    publish: (messages) => (sent.push(messages.map(({ key }) => String(key))), new Promise((resolve) => acks.push(resolve))),
    ...change,
  });
  return { ...batch, scored, sent, acks, shed: () => shed };
}
const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
};
const categories = (predictions: readonly Prediction[]): string[] => predictions.map(({ category }) => category);

test('what comes in one turn is one batch and one send; each gets its own answers, after the acknowledgement', async () => {
  const { answer, scored, sent, acks, load } = bench();
  const answered: string[][] = [];
  const all = [[ask('a')], [ask('b'), ask('c')], [ask('d')]].map((asks) => answer(asks).then((found) => answered.push(categories(found))));
  await turns();
  assert.deepEqual([scored, sent, answered], [[['a', 'b', 'c', 'd']], [['a', 'b', 'c', 'd']], []]);
  assert.equal(load().sends, 3);
  acks[0]?.();
  await Promise.all(all);
  assert.deepEqual(answered, [['A'], ['B', 'C'], ['D']]);
  assert.equal(load().sends, 0);
});
test('a batch that has not been acknowledged holds nobody up', async () => {
  const { answer, acks } = bench();
  void answer([ask('slow')]);
  await turns();
  const quick = answer([ask('quick')]);
  await turns();
  acks[1]?.();
  assert.deepEqual(categories(await quick), ['QUICK']);
});
test('beyond the bounds a request is refused before it costs any work, and told to come again', async () => {
  const { answer, scored, shed } = bench({ limits: { openRequests: 2, openBytes: 100_000 } });
  const refused = [1, 2, 3].map((n) => answer([ask(`r${n}`)]))[2];
  await assert.rejects(refused ?? Promise.resolve(), (error) => error instanceof LoopError && error.code === 'overloaded' && error.retryable);
  await turns();
  assert.deepEqual([scored, shed()], [[['r1', 'r2']], 1]);
  const bytes = bench({ limits: { openRequests: 100, openBytes: 2000 } });
  void bytes.answer([ask('x', 'x'.repeat(1500))]);
  await assert.rejects(bytes.answer([ask('y', 'y'.repeat(500))]), /too many requests are open \(1, with 1701 bytes\)/);
});
test('long batches are cut, so that others get the loop; a request is never split', async () => {
  const { answer, scored } = bench();
  const many = (id: string, count: number): Ask[] => Array.from({ length: count }, (_, i) => ask(`${id}${i}`));
  for (const [id, count] of [['a', 300], ['b', 300], ['c', 1000], ['d', 1]] as const) void answer(many(id, count));
  await turns();
  await turns();
  assert.deepEqual(scored.map((texts) => texts.length), [300, 300, 1000, 1]);
});
test('who asks for a version that serves no more is refused and nothing of his is recorded; the others of the batch are answered', async () => {
  const { answer, sent, acks, load } = bench();
  const outcomes = Promise.allSettled([answer([ask('a')]), answer([ask('old')], 'v0'), answer([ask('b')], 'v1')]);
  await turns();
  assert.deepEqual(sent, [['a', 'b']]);
  acks[0]?.();
  const [a, old, b] = await outcomes;
  assert.deepEqual([a.status, b.status], ['fulfilled', 'fulfilled']);
  assert.ok(old.status === 'rejected' && old.reason instanceof LoopError && old.reason.code === 'version_gone' && /'v0'.*v1 does/.test(old.reason.message));
  const alone = bench();
  await assert.rejects(alone.answer([ask('old')], 'v0'), { code: 'version_gone' });
  assert.deepEqual([alone.sent, alone.load().sends, load().sends], [[], 0, 0]);
});
test('Kafka away: everybody of the batch hears it; one that cannot be answered takes nobody with it', async () => {
  const away = bench({ publish: () => Promise.reject(transient('kafka_unavailable', 'Kafka did not acknowledge')) });
  const outcomes = await Promise.allSettled([away.answer([ask('a')]), away.answer([ask('b')])]);
  assert.deepEqual(outcomes.map(({ status }) => status), ['rejected', 'rejected']);
  assert.equal(away.load().sends, 0);
  const odd: Predictor = (asks) => {
    if (asks.some(({ text }) => text === 'odd')) throw fatal('odd', 'no answer to this one');
    return asks.map(predictionOf);
  };
  const some = bench({ predict: odd, publish: () => Promise.resolve() });
  const [good, bad, fine] = await Promise.allSettled([some.answer([ask('a')]), some.answer([ask('odd')]), some.answer([ask('b')])]);
  assert.deepEqual([good?.status, bad?.status, fine?.status], ['fulfilled', 'rejected', 'fulfilled']);
});
