import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLegalId } from '../schemas/ids.ts';
import { encode } from '../schemas/codec.ts';
import { createWorld, framerOf } from './feed.ts';

test('the same seed gives the same inputs, another one others; ids are legal, rise and never meet', () => {
  const [world, same, other] = [createWorld({ seed: 1 }), createWorld({ seed: 1 }), createWorld({ seed: 2 })];
  const ids = Array.from({ length: 50_000 }, (_, i) => world.idOf(i));
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => id.length === 36 && isLegalId(id)));
  assert.equal(ids.findIndex((id, i) => i >= 4 && id < (ids[i - 4] ?? '')), -1);
  assert.deepEqual([world.prediction(7), world.feedback(7, 1)], [same.prediction(7), same.feedback(7, 1)]);
  assert.notEqual(world.idOf(7), other.idOf(7));
});
test('texts have the size asked for, and the share of right answers is the accuracy', () => {
  const world = createWorld({ seed: 3, accuracy: 0.8, textBytes: 60 });
  let right = 0;
  for (let i = 0; i < 20_000; i += 1) {
    assert.equal(Buffer.byteLength(world.prediction(i).product_description), 60);
    if (world.labelOf(i) === world.categoryOf(i)) right += 1;
  }
  assert.ok(Math.abs(right / 20_000 - 0.8) < 0.01, `${right}`);
});
test('the quick framer writes what the codec writes, and the key is the id', () => {
  const world = createWorld({ seed: 4, modelVersion: 'v-2' });
  const framer = framerOf({ predictions: 3, feedback: 70_000 });
  const predictions = [...Array.from({ length: 500 }, (_, i) => world.prediction(i)), { ...world.prediction(1), audit: true, product_description: 'Müesli' }, { ...world.prediction(2), prediction_id: 'x'.repeat(100), product_description: 'long '.repeat(50) }];
  const feedback = [...Array.from({ length: 500 }, (_, i) => world.feedback(i, i % 3)), world.feedback(1, 0, null), { ...world.feedback(2), source: 'é', given_at: 0 }];
  const framed = [...predictions.map((event) => framer.prediction(event)), ...feedback.map((event) => framer.feedback(event))];
  const want = [...predictions.map((event) => encode('predictions', event, 3)), ...feedback.map((event) => encode('feedback', event, 70_000))];
  for (const [i, { key, value }] of framed.entries()) {
    assert.deepEqual(value, want[i]);
    assert.equal(key.toString(), [...predictions, ...feedback][i]?.prediction_id);
  }
});
