// The disk store behaves as the memory store whatever is done to it, and stays small.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { openDiskStore, type DiskStore } from './diskStore.ts';
import { apply, at, contents, disk, everything, folder, IDS, modelOf, openSmall, predictionOf, PRINT, SHAPES, type Change } from './diskStore.testing.ts';
import { memoryStore, type Entry } from './store.ts';

const text = fc.string({ maxLength: 80, unit: 'grapheme' });
const number = fc.nat({ max: 2 ** 40 });
const held = fc.record({ offset: number, timeMs: number, feedbackId: text, category: fc.option(text), source: text, value: fc.uint8Array({ maxLength: 700 }) });
const entry: fc.Arbitrary<Entry> = fc.record({
  prediction: fc.option(fc.record({ offset: number, timeMs: number, shape: fc.constantFrom(...SHAPES), text }), { nil: undefined }),
  current: fc.option(fc.record({ label: fc.oneof(fc.constantFrom('p', 'q'), text), labelledAt: number, rank: fc.integer({ min: -3, max: 3 }) }), { nil: undefined }),
  revision: fc.nat({ max: 9 }), seen: fc.array(text, { maxLength: 3 }), held: fc.array(held, { maxLength: 2 }),
});
type Step = Change | { do: 'save' } | { do: 'save on a full disk'; room: number } | { do: 'reopen' };
const id = fc.constantFrom(...IDS);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('put' as const), id, entry, came: fc.constantFrom('prediction' as const, 'feedback' as const, undefined) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('remove' as const), id }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('shift' as const), queue: fc.constantFrom('predictions' as const, 'held' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sum' as const), by: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'save' as const }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save on a full disk' as const), room: fc.nat(3000) }) },
  { weight: 1, arbitrary: fc.constant({ do: 'reopen' as const }) },
);

/** Runs the steps on both; every answer must be the same. Opening again without a save leads back to the last save. */
async function compare(dir: string, steps: readonly Step[], open: (dir: string) => Promise<DiskStore>): Promise<void> {
  rmSync(dir, { recursive: true, force: true });
  let changes: Change[] = [];
  let saved: Change[] = [];
  let saves = 0;
  let model = memoryStore();
  let store = await open(dir);
  try {
    for (const one of [...steps, { do: 'reopen' } as const]) {
      if (one.do === 'save') {
        saves += 1;
        store.save(at(saves));
        saved = [...changes];
      } else if (one.do === 'save on a full disk') {
        disk.room = one.room;
        // Whatever is written of it, nothing has changed; where all of it still fits it is an ordinary save.
        try {
          store.save(at(saves + 1));
          saves += 1;
          saved = [...changes];
        } catch (error) {
          assert.match(String(error), /ENOSPC/);
        } finally {
          disk.room = Number.POSITIVE_INFINITY;
        }
      } else if (one.do === 'reopen') {
        store.close();
        store = await open(dir);
        changes = [...saved];
        model = modelOf(changes);
        assert.deepEqual(store.checkpoint, saves === 0 ? undefined : at(saves));
      } else {
        const answer = apply(store, one);
        assert.deepEqual(one.do === 'shift' && answer !== undefined ? { ...answer } : answer, apply(model, one));
        changes.push(one);
      }
      assert.deepEqual(contents(store), contents(model));
    }
    assert.deepEqual(everything(store), everything(model));
  } finally {
    store.close();
  }
}

test('law: the disk store behaves as the memory store under puts, removals, shifts, saves and restarts', async (t) => {
  const dir = folder(t);
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => compare(dir, steps, openSmall)), { numRuns: 150 });
});
const BROKEN: Record<string, (store: DiskStore) => DiskStore> = {
  'forgets removals': (store) => ({ ...store, remove: () => undefined }),
  'does not queue what comes': (store) => ({ ...store, put: (one, put) => store.put(one, put) }),
  'saves nothing': (store) => ({ ...store, save: () => undefined }),
  'loses a correction': (store) => ({ ...store, put: (one, put, came) => store.put(one, put.revision > 1 ? { ...put, revision: 1 } : put, came) }),
};
for (const [how, broken] of Object.entries(BROKEN)) {
  test(`the law can fail: a store that ${how}`, async (t) => {
    const dir = folder(t);
    await assert.rejects(fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => compare(dir, steps, async (where) => broken(await openSmall(where)))), { numRuns: 150, seed: 1 }));
  });
}

test('a steady stream with expiry: files and index stay bounded, and each event costs the same', async (t) => {
  const dir = folder(t);
  const store = await openDiskStore(dir, PRINT, 20_000);
  const alive = 200;
  let largest = 0;
  let indexBytes = 0;
  for (let n = 0; n < 20_000; n += 1) {
    store.put(`p${n}`, predictionOf(n), 'prediction');
    // A label for most, long after; some are never labelled.
    const labelled = n - alive / 2;
    const found = labelled >= 0 && n % 3 > 0 ? store.get(`p${labelled}`) : undefined;
    if (found !== undefined) store.put(`p${labelled}`, { ...found, current: { label: 'p', labelledAt: n, rank: 0 }, revision: 1 });
    while ((store.predictions.oldestMs() ?? n) < n - alive) store.remove(store.predictions.shift()?.id ?? '');
    store.held.oldestMs();
    if (n % 10 === 0) store.save(at(n));
    if (n < 2000) largest = Math.max(largest, store.figures().fileBytes);
    else assert.ok(store.figures().fileBytes < largest * 1.5, `${store.figures().fileBytes} bytes after ${n}`);
    if (n === 2000) ({ indexBytes } = store.figures());
  }
  assert.equal(store.figures().indexBytes, indexBytes);
  assert.ok(store.figures().entries <= alive + 2);
  store.close();
});
