import assert from 'node:assert/strict';
import { test } from 'node:test';
import { movedIn, standingIn, standingText, unknownIn, withRelease, type Registered } from './standing.ts';
import type { TopicName } from './topics.ts';

const release = (hash: string, id: number) => new Map<TopicName, Registered>([['feedback', { id, hash }]]);
const one = withRelease(new Map(), release('v1', 1));
const both = withRelease(one, release('v2', 2));

test('releases side by side and a way back are one registry; a wiped one is not', () => {
  for (const [hash, id] of [['v1', 1], ['v2', 2]] as const) assert.deepEqual([movedIn(both, release(hash, id)), unknownIn(both, release(hash, id))], [[], []]);
  for (const [hash, id] of [['v1', 2], ['v2', 1]] as const) assert.deepEqual(movedIn(both, release(hash, id)), ['feedback']);
  assert.deepEqual([movedIn(one, release('v2', 2)), unknownIn(one, release('v2', 2))], [[], ['feedback']]);
  assert.deepEqual(unknownIn(new Map(), release('v1', 1)), [], 'a folder that knows nothing of the topic');
});
test('going back and forth adds nothing twice', () => {
  assert.deepEqual(withRelease(withRelease(both, release('v1', 1)), release('v2', 2)), both);
});
test('the file is read as it was written, and as earlier releases wrote it', () => {
  assert.deepEqual(standingIn(JSON.stringify(standingText(both))), both);
  assert.deepEqual(standingIn('{"feedback": {"id": 1, "hash": "v1"}, "no-topic": {"id": 1, "hash": "v1"}}'), one);
  assert.deepEqual([...standingIn('[]'), ...standingIn('null')], []);
});
