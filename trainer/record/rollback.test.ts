import assert from 'node:assert/strict';
import { test } from 'node:test';
import { previousOf, targetOf } from './rollback.ts';

const history = (...versions: string[]): { model_version: string; promotion_seq: number; collected_at: Date | null }[] => versions.map((word, i) => ({ model_version: word.replace('-', ''), promotion_seq: i + 1, collected_at: word.endsWith('-') ? new Date(0) : null })).reverse();

test('which promotion a rollback restores', () => {
  const TABLE: [string, string[], string | undefined, number | RegExp, string?][] = [
    ['the one before, by default', ['v1', 'v2'], undefined, 1],
    ['a rollback of a rollback goes forward again', ['v1', 'v2', 'v1'], undefined, 2],
    ['the one before that served last, not the one numbered before', ['v1', 'v2', 'v3', 'v1'], undefined, 3],
    ['a version by name: its newest promotion', ['v1', 'v2', 'v1', 'v4'], 'v1', 3],
    ['the one that is left serves still', ['v1', 'v2'], undefined, 1, 'v2'],
    ['another serves by now', ['v1', 'v2', 'v3'], undefined, /v3 serves by now, no longer v2/, 'v2'],
    ['another serves by now, but the target has a name', ['v1', 'v2', 'v3'], 'v1', 1, 'v2'],
    ['a version whose model is gone', ['v1-', 'v2', 'v3'], 'v1', /model of v1 was removed on 1970-01-01/],
    ['what serves already', ['v1', 'v2'], 'v2', /v2 serves already/],
    ['a version there never was', ['v1', 'v2'], 'v9', /no version 'v9' of 'm'; there is v2, v1/],
    ['nothing before', ['v1'], undefined, /v1 is the only version of 'm'/],
    ['the same version again and again is nothing before', ['v1', 'v1'], undefined, /only version/],
    ['no model', [], undefined, /no model of 'm' has been promoted/],
    ['no model, by name', [], 'v1', /no model of 'm' has been promoted/],
  ];
  for (const [name, versions, wanted, want, leaving] of TABLE) {
    const target = targetOf('m', history(...versions), { version: wanted, leaving });
    if (want instanceof RegExp) assert.match(target.status === 'refused' ? target.reason : 'not refused', want, name);
    else assert.equal(target.status === 'target' ? target.promotion.promotion_seq : target.reason, want, name);
  }
  assert.equal(previousOf([]), undefined);
});
