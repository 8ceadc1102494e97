import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLegalId } from '../schemas/ids.ts';
import { createWorld } from './feed.ts';

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
