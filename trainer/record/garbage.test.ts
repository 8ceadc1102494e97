import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { garbageOf, type Folder, type Garbage, type Pointing } from './garbage.ts';

const DAY = 86_400_000;
const NOW = 1000 * DAY;
const RULES = { nowMs: NOW, retentionMs: 90 * DAY, graceMs: DAY };
const row = (id: string, change: Partial<Pointing> & { readonly ageDays?: number } = {}): Pointing => {
  const { ageDays = 200, ...rest } = change;
  const at = new Date(NOW - ageDays * DAY);
  return { id, retrain_id: `m/manual/${id}`, model_name: 'm', model_version: null, promotion_seq: null, status: 'FINISHED', weights_s3: `s3://models/m/${id}/weights.bin`, dataset_path: `s3://dataset/auto/${id}/rows.csv`, claimed_at: at, finished_at: at, collected_at: null, ...rest };
};
const promoted = (id: string, seq: number, version: string, ageDays = 200): Pointing => row(id, { promotion_seq: seq, model_version: version, ageDays });
const model = (id: string, ageDays = 200): Folder => ({ uri: `s3://models/m/${id}/`, objects: [`s3://models/m/${id}/weights.bin`], bytes: 10, newestMs: NOW - ageDays * DAY });
const dataset = (id: string): Folder => ({ ...model(id), uri: `s3://dataset/auto/${id}/` });
const gone = (garbage: Garbage): string[] => garbage.goes.map((folder) => folder.uri);

test('what goes and what stays', () => {
  const TABLE: [string, Pointing[], Folder[], string[]][] = [
    ['what serves and what served before stay for ever; older versions go', [promoted('a', 1, 'v1'), promoted('b', 2, 'v2'), promoted('c', 3, 'v3')], [model('a'), model('b'), model('c')], ['a']],
    ['after a rollback: what serves again, and what it replaced', [promoted('a', 1, 'v1'), promoted('b', 2, 'v2'), promoted('c', 3, 'v3'), promoted('a', 4, 'v1')], [model('a'), model('b'), model('c')], ['b']],
    ['a model promoted again and again is one version', [promoted('a', 1, 'v1'), promoted('b', 2, 'v2'), promoted('b', 3, 'v2')], [model('a'), model('b')], []],
    ['a rejected one within retention stays, an older one goes', [row('a', { ageDays: 89 }), row('b', { ageDays: 91 })], [model('a'), model('b')], ['b']],
    ['an open row holds what it points to, however old', [row('a', { status: 'PENDING' }), row('b', { status: 'RUNNING' }), row('c', { status: 'FAILED' })], [model('a'), model('b'), model('c')], ['c']],
    ['no row: goes when it is older than a training can be', [], [model('a', 0.5), model('b', 2)], ['b']],
    ['the same weights in two rows: the younger holds them', [row('a'), row('b', { weights_s3: 's3://models/m/a/weights.bin', ageDays: 1 })], [model('a')], []],
    ['datasets too', [row('a'), row('b', { ageDays: 1 }), promoted('c', 1, 'v1')], [dataset('a'), dataset('b'), dataset('c')], ['a']],
    ['another model\'s versions are its own', [promoted('a', 1, 'v1'), { ...promoted('b', 9, 'v9'), model_name: 'other' }], [model('a'), model('b')], []],
    ['a row whose model went before holds nothing', [row('a', { ageDays: 1, collected_at: new Date(NOW) })], [model('a')], ['a']],
  ];
  for (const [name, rows, folders, want] of TABLE) assert.deepEqual(gone(garbageOf(rows, folders, RULES)).map((uri) => uri.split('/').at(-2)), want, name);
});
test('the rows that can no longer be rolled back to are named; the reason says whose it was', () => {
  const garbage = garbageOf([promoted('a', 1, 'v1'), promoted('b', 2, 'v2'), promoted('c', 3, 'v3')], [model('a'), dataset('a'), model('x', 3)], RULES);
  assert.deepEqual([garbage.rows, garbage.stays, garbage.goes.map((one) => one.reason)], [['a'], 0, ['last of m/manual/a, ended 200 days ago', 'last of m/manual/a, ended 200 days ago', 'no row points to it, 3 days old']]);
});

const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const anyRow = fc.record({ id: ids, seq: fc.option(fc.integer({ min: 1, max: 9 })), version: fc.integer({ min: 1, max: 4 }), ageDays: fc.integer({ min: 0, max: 300 }), status: fc.constantFrom('FINISHED', 'FAILED', 'RUNNING', 'PENDING') });
const rowsOf = (list: readonly { id: string; seq: number | null; version: number; ageDays: number; status: string }[]): Pointing[] => list.map(({ id, seq, version, ageDays, status }) => row(id, { promotion_seq: seq, model_version: seq === null ? null : `v${version}`, ageDays, status }));
/** What the promise says, said once more: nobody who can still be asked for is missing. */
const broken = (rows: readonly Pointing[], goes: readonly string[]): boolean => {
  const versions = [...new Set(rows.filter((one) => one.promotion_seq !== null).sort((a, b) => Number(b.promotion_seq) - Number(a.promotion_seq)).map((one) => one.model_version))].slice(0, 2);
  return rows.some((one) => goes.includes(`s3://models/m/${one.id}/`) && (one.status === 'RUNNING' || one.status === 'PENDING' || NOW - one.claimed_at.getTime() < RULES.retentionMs || (one.promotion_seq !== null && versions.includes(one.model_version))));
};
const everything = ['a', 'b', 'c', 'd', 'e'].map((id) => model(id));

test('law: nothing goes that serves, served before, is open or within retention; twice is once', () => {
  fc.assert(fc.property(fc.array(anyRow, { maxLength: 12 }), (list) => {
    const rows = rowsOf(list);
    const garbage = garbageOf(rows, everything, RULES);
    assert.equal(broken(rows, gone(garbage)), false);
    const after = rows.map((one) => (garbage.rows.includes(one.id) ? { ...one, collected_at: new Date(NOW) } : one));
    assert.deepEqual(garbageOf(after, everything.filter((folder) => !gone(garbage).includes(folder.uri)), RULES).goes, []);
  }));
});
test('the law can fail: a collector that knows retention alone', () => {
  assert.throws(() => fc.assert(fc.property(fc.array(anyRow, { maxLength: 12 }), (list) => {
    const rows = rowsOf(list);
    const hasty = gone(garbageOf(rows.map((one) => ({ ...one, promotion_seq: null })), everything, RULES));
    assert.equal(broken(rows, hasty), false);
  }), { seed: 1 }));
});
