import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { derivedId } from './derivedIds.ts';
import { createRepeats, type Begun, type Repeats, type Stored } from './repeats.ts';

const answer = (body: string): Stored => ({ status: 200, type: 'application/json', body });
const roomy = (change: Partial<Parameters<typeof createRepeats>[0]> = {}): Repeats => createRepeats({ ttlMs: 1000, bytes: 1e6, count: 100, ...change });
function first(begun: Begun): Extract<Begun, { kind: 'first' }> {
  return begun.kind === 'first' ? begun : assert.fail(`not the first but ${begun.kind}`);
}

test('the first runs, who comes meanwhile waits for it, who comes later is told at once, another body is refused', () => {
  const repeats = roomy();
  const run = first(repeats.begin('k', 'body', 0));
  const told: string[] = [];
  for (const who of ['a', 'b']) {
    const begun = repeats.begin('k', 'body', 1);
    assert.ok(begun.kind === 'running');
    begun.wait(({ body }) => told.push(`${who}: ${body}`));
  }
  assert.equal(repeats.begin('k', 'other', 1).kind, 'differs');
  assert.equal(repeats.begin('other key', 'body', 1).kind, 'first');
  run.end(answer('done'), true, 10);
  assert.deepEqual(told, ['a: done', 'b: done']);
  assert.deepEqual(repeats.begin('k', 'body', 1009), { kind: 'known', answer: answer('done') });
  assert.equal(repeats.begin('k', 'other', 1009).kind, 'differs');
  assert.equal(repeats.begin('k', 'other', 1010).kind, 'first');
});
test('a failure is told to those who wait, and kept for nobody', () => {
  const repeats = roomy();
  const run = first(repeats.begin('k', 'body', 0));
  const told: number[] = [];
  const begun = repeats.begin('k', 'body', 0);
  if (begun.kind === 'running') begun.wait(({ status }) => told.push(status));
  run.end({ ...answer(''), status: 503 }, false, 1);
  run.end(answer('late'), true, 2);
  assert.deepEqual([told, repeats.begin('k', 'body', 3).kind], [[503], 'first']);
});
test('the oldest give way, by number and by bytes; what runs does not', () => {
  for (const room of [{ count: 10 }, { bytes: 10 * (400 + 4 + 600) }]) {
    const repeats = roomy(room);
    const running = first(repeats.begin('k0', 'body', 0));
    for (let i = 10; i < 60; i += 1) first(repeats.begin(`k${i}`, 'body', i)).end(answer('x'.repeat(600)), true, i);
    const { count, bytes } = repeats.size();
    assert.ok(count <= 11 && bytes <= 12_000, `${count} with ${bytes} bytes`);
    assert.deepEqual([repeats.begin('k59', 'body', 60).kind, repeats.begin('k10', 'body', 60).kind, repeats.begin('k0', 'body', 60).kind], ['known', 'first', 'running']);
    running.end(answer('done'), true, 61);
    assert.equal(repeats.begin('k0', 'body', 62).kind, 'known');
  }
});
test('one whose end is never told holds its key for a minute', () => {
  const repeats = roomy();
  const lost = first(repeats.begin('k', 'body', 0));
  assert.equal(repeats.begin('k', 'body', 59_999).kind, 'running');
  first(repeats.begin('k', 'body', 60_000)).end(answer('second'), true, 60_001);
  lost.end(answer('first'), true, 60_002);
  assert.deepEqual(repeats.begin('k', 'body', 60_003), { kind: 'known', answer: answer('second') });
});
test('law: in whatever order things come, a key is never told another key\'s or another body\'s answer, and the count of bytes is right', () => {
  const step = fc.record({ key: fc.nat(5), body: fc.nat(1), ends: fc.boolean(), keep: fc.boolean(), pass: fc.nat(600) });
  fc.assert(fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
    const repeats = roomy({ count: 3 });
    const open: (() => void)[] = [];
    let now = 0;
    for (const { key, body, ends, keep, pass } of steps) {
      now += pass;
      const mine = `${key}/${body}`;
      const begun = repeats.begin(String(key), String(body), now);
      if (begun.kind === 'first') open.push(() => begun.end(answer(mine), keep, now));
      if (begun.kind === 'known') assert.equal(begun.answer.body, mine);
      if (begun.kind === 'running') begun.wait((told) => assert.equal(told.body, mine));
      if (ends) open.shift()?.();
    }
    for (const end of open) end();
    now += 100_000;
    repeats.begin('last', '', now);
    const { count, bytes } = repeats.size();
    assert.deepEqual([count, bytes], [1, 408]);
  }));
});

test('derived ids are UUIDs of version 8, the same for the same, and tell apart what is put together differently', () => {
  const ids = [derivedId('/v1/predict', 'shop', 'k', 0, 'text'), derivedId('/v1/predict', 'shop', 'k', 1, 'text'), derivedId('/v1/predict', 'shop', 'k0', '', 'text'), derivedId('/v1/predict', 'desk', 'k', 0, 'text'), derivedId('/v1/predict', 'shop', 'k', 0, 'other'), derivedId('/v1/predictshop', '', 'k', 0, 'text')];
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(derivedId('/v1/predict', 'shop', 'k', 0, 'text'), ids[0]);
});
