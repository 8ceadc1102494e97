import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf } from './reporter.ts';
import { kindOf, planOf } from './testPlan.ts';
import { countsIn, testEnvironment } from './tests.ts';

const FILES = ['b/x.it.test.ts', 'a/x.test.ts', 'c/y.story.test.ts', 'd/z.long.test.ts', 'a/w.test.ts', 'b/v.long.it.test.ts', 'a/u.long.pure.test.ts'];
const all = { pure: false, long: false, names: [] };

test('a file’s name says what it needs', () => {
  assert.deepEqual(FILES.map(kindOf), ['integration', 'pure', 'story', 'long', 'pure', 'long-integration', 'long-pure']);
});
test('which files run', () => {
  assert.deepEqual(planOf(FILES, all), { pure: ['a/w.test.ts', 'a/x.test.ts'], integration: ['b/x.it.test.ts'], story: ['c/y.story.test.ts'], 'long-pure': [], 'long-integration': [], long: [] });
  assert.deepEqual(planOf(FILES, { ...all, pure: true }), { pure: ['a/w.test.ts', 'a/x.test.ts'], integration: [], story: [], 'long-pure': [], 'long-integration': [], long: [] });
  assert.deepEqual(planOf(FILES, { ...all, long: true }), { pure: [], integration: [], story: [], 'long-pure': ['a/u.long.pure.test.ts'], 'long-integration': ['b/v.long.it.test.ts'], long: ['d/z.long.test.ts'] });
  assert.deepEqual(planOf(FILES, { ...all, names: ['x.', 'y'] }), { pure: ['a/x.test.ts'], integration: ['b/x.it.test.ts'], story: ['c/y.story.test.ts'], 'long-pure': [], 'long-integration': [], long: [] });
  assert.deepEqual(planOf(FILES, { ...all, long: true, names: ['nothing'] }).long, []);
});
test('the tests’ stack does not inherit settings of a running one, but the download cache', () => {
  const env = testEnvironment({ PATH: '/bin', MIN_F1: '0.1', KAFKA_BOOTSTRAP: 'elsewhere:1', LOOP_CACHE: '/cache' }, '/home', 27_000);
  assert.deepEqual(env, { PATH: '/bin', LOOP_CACHE: '/cache', LOOP_HOME: '/home', LOOP_PORT_BASE: '27000', PARTITIONS: '3', NO_COLOR: '1' });
});
test('the reporter: silent about quick passes, loud about the rest', () => {
  const details = { duration_ms: 5 };
  assert.equal(lineOf({ type: 'test:pass', data: { name: 'n', nesting: 0, details } }), undefined);
  assert.match(lineOf({ type: 'test:pass', data: { name: 'n', nesting: 0, details, skip: 'no python' } }) ?? '', /skipped.*n \(no python\)/);
  assert.match(lineOf({ type: 'test:pass', data: { name: 'n', nesting: 0, details, skip: true } }) ?? '', /NO REASON/);
  assert.match(lineOf({ type: 'test:pass', data: { name: 'slow', nesting: 0, details: { duration_ms: 3000 } } }) ?? '', /ok +slow \(3.0 s\)/);
  assert.match(lineOf({ type: 'test:fail', data: { name: 'n', nesting: 0, details: { duration_ms: 1, error: new Error('outer', { cause: new Error('why') }) } } }) ?? '', /FAILED[\s\S]*why/);
});
test('the counts travel on a line of their own', () => {
  const line = lineOf({ type: 'test:summary', data: { duration_ms: 1, counts: { passed: 3, failed: 1, cancelled: 2, skipped: 4, todo: 0 } } });
  assert.deepEqual(countsIn(line ?? ''), { passed: 3, failed: 3, skipped: 4 });
  assert.equal(countsIn('3 passed'), undefined);
});
