// A disk that is full, or a folder that cannot be written: the state goes on in memory for a while, says so, loses nothing, and is saved again by itself.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { LoopError } from '../../schemas/failure.ts';
import type { Incoming } from '../record.ts';
import { openState, type JoinState } from './state.ts';

const SECOND = 1000;
function aWorld(t: TestContext) {
  const home = mkdtempSync(join(tmpdir(), 'loop-full-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const world = { full: false, told: [] as (string | undefined)[], dir: join(home, 'state'), offset: 0 };
  const open = (committed: number): Promise<JoinState> => openState({
    dir: world.dir, fingerprint: 'rules', opening: { partition: 0, positions: new Map([['predictions', BigInt(committed)], ['feedback', 0n]]), lows: new Map([['predictions', 0n], ['feedback', 0n]]), note: '', logIds: new Map(), anew: new Set() },
    onUnsaved: (reason) => world.told.push(reason), mostUnsavedBytes: 2_000_000,
    writeAt(fd, bytes, from, length, position) {
      if (world.full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
      return writeSync(fd, bytes, from, length, position);
    },
  });
  /** A prediction of so many bytes. */
  function feed(state: JoinState, bytes: number): void {
    const { offset } = world;
    const record: Incoming = { topic: 'predictions', partition: 0, offset: BigInt(offset), timestampMs: offset, key: Buffer.from(`p${offset}`), value: Buffer.alloc(0), headers: {} };
    assert.ok(state.take('predictions', record));
    const prediction = { offset, timeMs: offset, shape: { modelName: 'm', modelVersion: 'v1', categories: ['p'], category: 'p', audit: false }, text: 'x'.repeat(bytes) };
    state.store.put(`p${offset}`, { prediction, current: undefined, revision: 0, seen: [], held: [] }, 'prediction');
    world.offset += 1;
  }
  return { world, open, feed };
}

test('while the disk is full all stays in memory, told once; with room it is saved, told once, and a restart finds it', async (t) => {
  const { world, open, feed } = aWorld(t);
  const state = await open(0);
  feed(state, 100);
  state.keep(0);
  world.full = true;
  for (let second = 1; second <= 60; second += 1) {
    feed(state, 20_000);
    state.keep(second * SECOND);
  }
  assert.equal(world.told.length, 1);
  assert.match(world.told[0] ?? '', /state: ENOSPC: no space left/);
  assert.equal(state.store.get('p30')?.prediction?.text.length, 20_000);
  world.full = false;
  state.keep(90 * SECOND);
  assert.deepEqual([world.told.length, world.told[1], state.store.unsavedBytes()], [2, undefined, 0]);
  state.close(true);
  const again = await open(61);
  assert.deepEqual([again.store.figures().entries, again.store.checkpoint?.predictions.next, again.store.get('p60')?.prediction?.text.length], [61, 61, 20_000]);
  again.close(false);
});
test('it is not tried at every commit, also when the clock is set back', async (t) => {
  const { world, open, feed } = aWorld(t);
  const state = await open(0);
  world.full = true;
  feed(state, 100);
  state.keep(100 * SECOND);
  assert.equal(world.told.length, 1);
  world.full = false;
  state.keep(101 * SECOND);
  assert.ok(state.store.unsavedBytes() > 0);
  state.keep(-86_400 * SECOND);
  assert.deepEqual([state.store.unsavedBytes(), world.told.length], [0, 2]);
  state.close(false);
});
test('too much unsaved: the partition is held, naming folder and way out, and starts over from what was saved', async (t) => {
  const { world, open, feed } = aWorld(t);
  const state = await open(0);
  feed(state, 100);
  state.keep(0);
  world.full = true;
  for (let i = 0; i < 110; i += 1) feed(state, 20_000);
  assert.throws(() => state.keep(20 * SECOND), (error: unknown) => error instanceof LoopError && error.kind === 'transient' && error.code === 'state_unwritable' && error.message.includes(world.dir) && error.message.includes('make room'));
  assert.throws(() => state.close(true), /ENOSPC/);
  world.full = false;
  const again = await open(111);
  assert.deepEqual([again.store.checkpoint?.predictions.next, again.from.get('predictions')], [1, 0n]);
  again.close(false);
});
test('a folder that cannot be made is named', async (t) => {
  const { world, open } = aWorld(t);
  writeFileSync(world.dir, 'a file stands in its place');
  world.dir = join(world.dir, 'below');
  await assert.rejects(open(0), (error: unknown) => error instanceof LoopError && error.kind === 'transient' && error.code === 'state_unwritable' && error.message.includes(world.dir));
});
