// Small disk stores for tests, what may be done to one, and all that can be asked of it.
import { mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openDiskStore, type Checkpoint, type DiskStore } from './diskStore.ts';
import { memoryStore, type Entry, type JoinStore, type Queue, type Shape } from './store.ts';

export const PRINT = 'rules';
/** So small that every few changes begin a new one. */
export const SEGMENT = 700;
export const IDS = ['a', 'b', 'c', 'd', 'ü-9', 'x'.repeat(128)];
export const SHAPES: Shape[] = ['p', 'q'].map((category) => ({ modelName: 'm', modelVersion: 'v1', categories: ['p', 'q'], category, audit: false }));
/** Bytes that the disk still takes. */
export const disk = { room: Number.POSITIVE_INFINITY };
export const openSmall = (dir: string): Promise<DiskStore> => openDiskStore(dir, PRINT, SEGMENT, (fd, bytes, from, length, position) => {
  const taken = Math.min(length, disk.room);
  if (taken === 0) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  disk.room -= taken;
  return writeSync(fd, bytes, from, taken, position);
});
export const at = (n: number): Checkpoint => ({ predictions: { next: n, last: { offset: n - 1, timeMs: n, key: 'k' } }, feedback: { next: n, last: null } });
/** The path of a folder that is not there yet. */
export function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'loop-store-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'store');
}
export const predictionOf = (n: number): Entry => ({ prediction: { offset: n, timeMs: n, shape: SHAPES[n % 2] as Shape, text: `text ${n}` }, current: undefined, revision: 0, seen: [], held: [] });

export type Change = { do: 'put'; id: string; entry: Entry; came: 'prediction' | 'feedback' | undefined } | { do: 'remove'; id: string } | { do: 'shift'; queue: 'predictions' | 'held' } | { do: 'sum'; by: number };
export function apply(store: JoinStore, change: Change): unknown {
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
export const contents = (store: JoinStore): unknown => ({ entries: IDS.map((one) => plain(store.get(one))), oldest: [store.predictions.oldestMs(), store.held.oldestMs()], sums: structuredClone(store.sums) });
function drain(queue: Queue): unknown[] {
  const all: unknown[] = [];
  for (let one = queue.shift(); one !== undefined; one = queue.shift()) all.push({ id: one.id, timeMs: one.timeMs });
  return all;
}
export type Everything = { readonly contents: unknown; readonly predictions: readonly unknown[]; readonly held: readonly unknown[] };
export const everything = (store: JoinStore): Everything => ({ contents: contents(store), predictions: drain(store.predictions), held: drain(store.held) });
export const modelOf = (changes: readonly Change[]): JoinStore => {
  const store = memoryStore();
  for (const change of changes) apply(store, change);
  return store;
};
