import assert from 'node:assert/strict';
import { test } from 'node:test';
import { channelOf, personOf, rankOfSource } from './sources.ts';

test('a source ranks by its own name, else by its channel; unlisted: 0', () => {
  const ranks = new Map([['expert', 2], ['expert/anna', 3], ['user', 1]]);
  for (const [source, rank, channel, person] of [['expert', 2, 'expert', undefined], ['expert/anna', 3, 'expert', 'anna'], ['expert/bert', 2, 'expert', 'bert'], ['user/a/b', 1, 'user', 'a/b'], ['/x', 0, '', 'x'], ['experts', 0, 'experts', undefined], ['', 0, '', undefined]] as const) assert.deepEqual([rankOfSource(ranks, source), channelOf(source), personOf(source)], [rank, channel, person], source);
});
