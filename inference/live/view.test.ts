import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cachedFor } from './cached.ts';
import { countedIn, joinView } from './view.ts';

test('beside the F1: coverage of the version that serves, and how long labels take; what is not told is null', () => {
  const told = { waiting: 7, versions: [{ model_version: 'v1', coverage: 0.5, audit_coverage: null }, { model_version: 'v2', coverage: 0.25, audit_coverage: 1 }] };
  assert.deepEqual(joinView(told, 'v2', [1000, 2000, 4500]), { coverage: 0.25, audit_coverage: 1, waiting: 7, label_delay_seconds: { p50: 1, p90: 2, p99: 4.5 } });
  assert.deepEqual(joinView(told, undefined, undefined), { coverage: null, audit_coverage: null, waiting: 7, label_delay_seconds: null });
  assert.deepEqual(joinView(undefined, 'v2', [1000, 2000, 4500]), { coverage: null, audit_coverage: null, waiting: null, label_delay_seconds: { p50: 1, p90: 2, p99: 4.5 } });
  assert.deepEqual([joinView(undefined, 'v2', undefined), joinView('odd', 'v2', [])], [null, { coverage: null, audit_coverage: null, waiting: null, label_delay_seconds: null }]);
  assert.deepEqual([countedIn({ labelled_offsets: ['7'] }), countedIn('odd')], ['["7"]', 'null']);
});
test('one answer for all within a while; a failure is not kept', async () => {
  let [now, asked] = [0, 0];
  const ask = cachedFor(10, () => now, () => ((asked += 1) === 2 ? Promise.reject(new Error('away')) : Promise.resolve(asked)));
  assert.deepEqual(await Promise.all([ask(), ask()]), [1, 1]);
  now = 10;
  await assert.rejects(ask(), /away/);
  assert.equal(await ask(), 3);
});
