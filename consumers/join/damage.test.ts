// After a kill at any byte, or any other damage, the disk store is exactly what some seal says, or empty.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { openDiskStore, type DiskStore } from './diskStore.ts';
import { apply, at, contents, everything, folder, IDS, modelOf, openSmall, predictionOf, PRINT, SEGMENT, type Change, type Everything } from './diskStore.testing.ts';
import { HEADER_BYTES, previousAt } from './frames.ts';
import { memoryStore } from './store.ts';

const filesIn = (dir: string): string[] => readdirSync(dir).sort().map((name) => join(dir, name));
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
