import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heardOf } from './heard.ts';

const HOUR = 3_600_000;
const said = (source: string, labelled_at: number) => ({ source, labelled_at });

test('a training takes labels of trusted sources, the first of each hour; without rules, all as they are', () => {
  const all = [said('a', 0), said('a', 1), said('b', 2), said('a', 3), said('a', HOUR), said('expert/anna', HOUR)];
  assert.equal(heardOf(all, { sourceLabelsPerHour: 0, trustedSources: [] }).heard, all);
  assert.deepEqual(heardOf(all, { sourceLabelsPerHour: 2, trustedSources: [] }), { heard: [all[0], all[1], all[2], all[4], all[5]], setAside: 1 });
  assert.deepEqual(heardOf(all, { sourceLabelsPerHour: 0, trustedSources: ['expert'] }), { heard: [all[5]], setAside: 5 });
});
