// The disk store: the same as the memory store whatever is done to it, and after a kill at any byte it is exactly what some seal says, or empty.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { openDiskStore, type Checkpoint, type DiskStore } from './diskStore.ts';
import { HEADER_BYTES, previousAt } from './frames.ts';
import { memoryStore, type Entry, type JoinStore, type Queue, type Shape } from './store.ts';

const PRINT = 'rules';
/** So small that every few changes begin a new one. */
const SEGMENT = 700;
const IDS = ['a', 'b', 'c', 'd', 'ü-9', 'x'.repeat(128)];
const SHAPES: Shape[] = ['p', 'q'].map((category) => ({ modelName: 'm', modelVersion: 'v1', categories: ['p', 'q'], category, audit: false }));
/** Bytes that the disk still takes. */
const disk = { room: Number.POSITIVE_INFINITY };
const openSmall = (dir: string): Promise<DiskStore> => openDiskStore(dir, PRINT, SEGMENT, (fd, bytes, from, length, position) => {
  const taken = Math.min(length, disk.room);
  if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  disk.room -= taken;
  return writeSync(fd, bytes, from, taken, position);
});
const at = (n: number): Checkpoint => ({ predictions: { next: n, last: { offset: n - 1, timeMs: n, key: 'k' } }, feedback: { next: n, last: null } });
function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'loop-store-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'store');
}
const filesIn = (dir: string): string[] => readdirSync(dir).sort().map((name) => join(dir, name));

const text = fc.string({ maxLength: 80, unit: 'grapheme' });
const number = fc.nat({ max: 2 ** 40 });
const held = fc.record({ offset: number, timeMs: number, feedbackId: text, category: fc.option(text), source: text, value: fc.uint8Array({ maxLength: 700 }) });
const entry: fc.Arbitrary<Entry> = fc.record({
  prediction: fc.option(fc.record({ offset: number, timeMs: number, shape: fc.constantFrom(...SHAPES), text }), { nil: undefined }),
  current: fc.option(fc.record({ label: fc.oneof(fc.constantFrom('p', 'q'), text), labelledAt: number, rank: fc.integer({ min: -3, max: 3 }) }), { nil: undefined }),
  revision: fc.nat({ max: 9 }), seen: fc.array(text, { maxLength: 3 }), held: fc.array(held, { maxLength: 2 }),
});
type Change = { do: 'put'; id: string; entry: Entry; came: 'prediction' | 'feedback' | undefined } | { do: 'remove'; id: string } | { do: 'shift'; queue: 'predictions' | 'held' } | { do: 'sum'; by: number };
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

function apply(store: JoinStore, change: Change): unknown {
  switch (change.do) {
    case 'put': return store.put(change.id, structuredClone(change.entry), change.came);
    case 'remove': return store.remove(change.id);
    case 'shift': return store[change.queue].shift();
    case 'sum': {
      store.sums.held += change.by;
      store.sums.coverage.set('m v1', { predicted: change.by, labelled: 1, auditPredicted: 0, auditLabelled: 0 });
      return undefined;
    }
  }
}
const plain = (one: Entry | undefined): unknown => one && { ...one, held: one.held.map((given) => ({ ...given, value: [...given.value] })) };
const contents = (store: JoinStore): unknown => ({ entries: IDS.map((one) => plain(store.get(one))), oldest: [store.predictions.oldestMs(), store.held.oldestMs()], sums: structuredClone(store.sums) });
function drain(queue: Queue): unknown[] {
  const all: unknown[] = [];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) all.push({ id: one.id, timeMs: one.timeMs });
  return all;
}
type Everything = { readonly contents: unknown; readonly predictions: readonly unknown[]; readonly held: readonly unknown[] };
const everything = (store: JoinStore): Everything => ({ contents: contents(store), predictions: drain(store.predictions), held: drain(store.held) });
const modelOf = (changes: readonly Change[]): JoinStore => {
  const store = memoryStore();
  for (const change of changes) apply(store, change);
  return store;
};

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

const predictionOf = (n: number): Entry => ({ prediction: { offset: n, timeMs: n, shape: SHAPES[n % 2] as Shape, text: `text ${n}` }, current: undefined, revision: 0, seen: [], held: [] });
/** A store with a few sealed batches, and what stood at each seal; `at(0)`, nothing, is always right. */
async function fewBatches(dir: string, segmentBytes: number): Promise<Map<number, Everything>> {
  const store = await openDiskStore(dir, PRINT, segmentBytes);
  const states = new Map<number, Everything>([[0, everything(memoryStore())]]);
  const model: Change[] = [];
  const change = (one: Change): void => {
    apply(store, one);
    model.push(one);
  };
  for (let n = 1; n <= 5; n += 1) {
    for (const [i, one] of IDS.entries()) {
      if (i === n) change({ do: 'remove', id: one });
      else change({ do: 'put', id: one, entry: { ...predictionOf(n * 10 + i), revision: n }, came: i % 2 === 0 ? 'prediction' : undefined });
    }
    change({ do: 'shift', queue: 'predictions' });
    store.save(at(n));
    states.set(n, everything(modelOf(model)));
  }
  store.close();
  return states;
}
const sealOf = ({ checkpoint }: DiskStore): number => checkpoint?.predictions.next ?? 0;

test('torn writes: cut at any byte of the last batch, the seal before it holds, and the store goes on from there', async (t) => {
  const dir = folder(t);
  const states = await fewBatches(dir, 1e6);
  const [file = ''] = filesIn(dir);
  const whole = readFileSync(file);
  let from = 0;
  while (from + previousAt(whole, from) < whole.length) from += previousAt(whole, from);
  for (let cut = from; cut <= whole.length; cut += 1) {
    writeFileSync(file, whole.subarray(0, cut));
    const store = await openDiskStore(dir, PRINT, 1e6);
    const stands = cut === whole.length ? 5 : 4;
    assert.equal(sealOf(store), stands, `cut at ${cut}`);
    assert.deepEqual(contents(store), states.get(stands)?.contents);
    store.put('a', predictionOf(77));
    store.save(at(6));
    store.close();
    if (cut % 16 !== from % 16) continue;
    const again = await openDiskStore(dir, PRINT, 1e6);
    assert.equal(sealOf(again), 6);
    assert.deepEqual(again.get('a'), predictionOf(77));
    again.close();
  }
});

test('a flipped byte anywhere: what is opened is exactly one seal, or nothing', async (t) => {
  const dir = folder(t);
  const states = await fewBatches(dir, SEGMENT);
  const whole = new Map(filesIn(dir).map((file) => [file, readFileSync(file)]));
  const seen = new Set<number>();
  for (const [file, bytes] of whole) {
    // Every byte of what leads and ends a batch, and some between.
    for (let i = 0; i < bytes.length; i += i < 60 ? 1 : 11) {
      rmSync(dir, { recursive: true, force: true });
      mkdirSync(dir);
      for (const [name, one] of whole) writeFileSync(name, one);
      const flipped = Buffer.from(bytes);
      flipped[i] = (flipped[i] ?? 0) ^ 0x55;
      writeFileSync(file, flipped);
      const store = await openSmall(dir);
      seen.add(sealOf(store));
      assert.deepEqual(everything(store), states.get(sealOf(store)), `${file} at ${i}`);
      store.close();
    }
  }
  assert.ok(seen.has(0));
});

test('a missing file is never papered over', async (t) => {
  const dir = folder(t);
  const states = await fewBatches(dir, SEGMENT);
  const names = readdirSync(dir).sort();
  assert.ok(names.length > 3);
  const whole = `${dir}-whole`;
  cpSync(dir, whole, { recursive: true });
  for (const name of names) {
    rmSync(dir, { recursive: true, force: true });
    cpSync(whole, dir, { recursive: true });
    rmSync(join(dir, name));
    const store = await openSmall(dir);
    assert.deepEqual(everything(store), states.get(sealOf(store)), name);
    store.close();
  }
});

test('an older seal does not hold when what it needs was given back', async (t) => {
  const dir = folder(t);
  const store = await openSmall(dir);
  for (let n = 0; n < 30; n += 1) store.put(`p${n}`, predictionOf(n), 'prediction');
  store.save(at(1));
  const [older = ''] = filesIn(dir);
  const kept = readFileSync(older);
  for (let n = 0; n < 30; n += 1) {
    store.predictions.shift();
    store.remove(`p${n}`);
  }
  store.save(at(2));
  store.put('z', predictionOf(99), 'prediction');
  store.held.oldestMs();
  store.predictions.oldestMs();
  store.save(at(3));
  store.close();
  assert.ok(!filesIn(dir).includes(older));
  const last = filesIn(dir).filter((file) => statSync(file).size > 0).at(-1) ?? '';
  const same = await openSmall(dir);
  assert.equal(sealOf(same), 3);
  same.close();
  // Back to a seal that was made before: the file it needs is gone.
  writeFileSync(older, kept.subarray(0, 0));
  truncateSync(last, statSync(last).size - 1);
  const reopened = await openSmall(dir);
  assert.ok([0, 2].includes(sealOf(reopened)));
  if (sealOf(reopened) === 2) assert.deepEqual(IDS.map((one) => reopened.get(one)), IDS.map(() => undefined));
  reopened.close();
});

for (const [what, spoil] of Object.entries({
  'other rules': (seal: string) => seal.replace(`"fingerprint":"${PRINT}"`, '"fingerprint":"RULES"'),
  'another boot': (seal: string) => seal.replace(/"boot":"./, '"boot":"~'),
  'another format': (seal: string) => seal.replace(/"format":\d/, '"format":0'),
})) {
  test(`${what}: thrown away`, async (t) => {
    const dir = folder(t);
    const store = await openSmall(dir);
    store.put('a', predictionOf(1), 'prediction');
    store.save(at(1));
    store.close();
    const [file = ''] = filesIn(dir);
    const before = readFileSync(file, 'latin1');
    const bytes = Buffer.from(spoil(before), 'latin1');
    assert.equal(bytes.length, before.length);
    bytes.writeUInt32LE(crc32(bytes.subarray(HEADER_BYTES)), 4);
    writeFileSync(file, bytes);
    const opened = await openSmall(dir);
    assert.equal(opened.checkpoint, undefined);
    assert.equal(opened.get('a'), undefined);
    opened.close();
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
