import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hearSource, MAX_SOURCES, OTHERS, restoreSources, saveSources, setAsideIn, viewOfSources, type SourceRules, type Sources } from './sources.ts';

const NONE: SourceRules = { sourceLabelsPerHour: 0, trustedSources: [] };
const HOUR = 3_600_000;

test('within an hour of stream time a source is heard so often; then again; each by itself', () => {
  const sources: Sources = new Map();
  const hear = (source: string, atMs: number): boolean => hearSource(sources, source, 'a', true, atMs, { sourceLabelsPerHour: 2, trustedSources: [] });
  assert.deepEqual([hear('x', 0), hear('x', 1), hear('x', HOUR - 1), hear('y', HOUR - 1), hear('x', HOUR), hear('x', HOUR), hear('x', HOUR)], [true, true, false, true, true, true, false]);
  assert.equal(setAsideIn(sources), 2);
});
test('trusted are the sources and channels of the list; without one, all', () => {
  const heard = (source: string, trustedSources: readonly string[]): boolean => hearSource(new Map(), source, 'a', true, 0, { sourceLabelsPerHour: 0, trustedSources });
  assert.deepEqual(['expert', 'expert/anna', 'console/anna', 'bot'].map((one) => heard(one, ['expert', 'console/anna'])), [true, true, true, false]);
  assert.ok(heard('anybody', []));
});
test('law: what is heard and what is set aside is everything; saved and restored nothing is lost; made-up names share one account', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(300), fc.boolean(), fc.nat(3 * HOUR))), fc.nat(5), (said, limit) => {
    let sources: Sources = new Map();
    let heard = 0;
    said.forEach(([name, isHit, atMs], i) => {
      if (hearSource(sources, `s${name}`, isHit ? 'a' : 'b', isHit, atMs, { sourceLabelsPerHour: limit, trustedSources: [] })) heard += 1;
      if (i % 13 === 0) sources = restoreSources(JSON.parse(JSON.stringify(saveSources(sources))) as ReturnType<typeof saveSources>);
    });
    assert.equal(heard + setAsideIn(sources), said.length);
    assert.equal([...sources.values()].reduce((sum, one) => sum + one.labels, 0), said.length);
    assert.ok(sources.size <= MAX_SOURCES + 1 && (sources.size <= MAX_SOURCES || sources.has(OTHERS)));
  }), { numRuns: 60 });
  assert.deepEqual(restoreSources(), new Map(), 'older records lack it');
});
test('a liar who agrees with all the model says is odd too, among those who do not',  () => {
  const sources: Sources = new Map();
  for (let i = 0; i < 400; i += 1) hearSource(sources, `honest-${i % 4}`, 'a', i % 3 !== 0, i, NONE);
  for (let i = 0; i < 60; i += 1) hearSource(sources, 'yes', 'b', true, i, NONE);
  assert.deepEqual(viewOfSources(sources).filter(({ odd }) => odd).map(({ source }) => source), ['yes']);
});
test('whoever contradicts the model far more than all others is odd, and what he pushes is told; honest ones are not odd', () => {
  const sources: Sources = new Map();
  for (let i = 0; i < 300; i += 1) hearSource(sources, `honest-${i % 3}`, 'a', i % 13 !== 0, i, NONE);
  for (let i = 0; i < 60; i += 1) hearSource(sources, 'liar', i % 10 === 0 ? 'c' : 'b', i % 5 === 0, i, NONE);
  const view = viewOfSources(sources);
  const liar = view.find(({ source }) => source === 'liar');
  assert.deepEqual([liar?.labels, liar?.contradicts, liar?.pushes, liar?.odd], [60, 0.8, 'b', true]);
  assert.ok((liar?.apart ?? 0) > 10 && liar?.pushes_share !== null && (liar?.pushes_share ?? 0) > 0.85);
  assert.deepEqual(view.filter(({ odd }) => odd).map(({ source }) => source), ['liar']);
  for (let i = 0; i < 2500; i += 1) hearSource(sources, `many-${i % 25}`, 'a', i % 13 !== 0, i, NONE);
  assert.deepEqual([viewOfSources(sources).length, viewOfSources(sources)[0]?.source], [20, 'liar'], 'an odd one is shown, however many are busier');
  assert.deepEqual(viewOfSources(new Map([['only', { labels: 50, contradicts: 50, setAside: 0, hourMs: 0, inHour: 0, pushed: new Map([['b', 50]]) }]]))[0]?.apart, null, 'nobody to compare with');
});
