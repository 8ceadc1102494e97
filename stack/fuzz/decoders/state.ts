// The join's state on disk after what disks do: it is exactly what some seal says, or empty.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDiskStore, type DiskStore } from '../../../consumers/join/diskStore.ts';
import { emptyEntry, type Entry } from '../../../consumers/join/store.ts';
import { damage } from '../mutate.ts';
import { Broken, type Decoder } from '../run.ts';

const PRINT = 'rules';
const FILE = '000000000.log';
const IDS = ['a', 'b', 'c', 'ü-9', 'x'.repeat(128)];
const SEALS = 6;
const entryOf = (n: number): Entry => ({
  ...emptyEntry(), revision: n, seen: [`f${n}`], prediction: { offset: n, timeMs: n, shape: { modelName: 'm', modelVersion: `v${n % 2}`, categories: ['p', 'q'], category: 'p', audit: false }, text: `text ${n}`.repeat(20) },
  held: n % 2 === 0 ? [] : [{ offset: n, timeMs: n, feedbackId: 'f', category: null, source: 's', value: Uint8Array.of(n, 2, 3) }],
});
const told = (store: DiskStore): string => JSON.stringify(IDS.map((id) => store.get(id)));

export async function openStateDecoder(): Promise<Decoder> {
  const dir = mkdtempSync(join(tmpdir(), 'loop-fuzz-'));
  const home = join(dir, 'store');
  const store = await openDiskStore(home, PRINT);
  /** By checkpoint. */
  const states = new Map<number, string>();
  for (let n = 1; n <= SEALS; n += 1) {
    for (let i = 0; i < 3; i += 1) {
      const id = IDS[(n + i) % IDS.length] ?? '';
      if ((n + i) % 4 === 0) store.remove(id);
      else store.put(id, entryOf(n * 10 + i), i === 0 ? 'prediction' : undefined);
    }
    store.save({ predictions: { next: n, last: null }, feedback: { next: n, last: null } });
    states.set(n, told(store));
  }
  store.close();
  const whole = new Uint8Array(readFileSync(join(home, FILE)));
  return {
    name: 'state-log', share: 12, seeds: [whole], make: (random, seeds) => damage(random, random.pick(seeds)),
    async decode(bytes) {
      rmSync(home, { recursive: true, force: true });
      mkdirSync(home);
      writeFileSync(join(home, FILE), bytes);
      const opened = await openDiskStore(home, PRINT);
      try {
        const seal = opened.checkpoint?.predictions.next;
        const state = told(opened);
        if (seal === undefined ? IDS.some((id) => opened.get(id) !== undefined) : state !== states.get(seal)) throw new Broken(`seal ${seal ?? 'none'} stands for another state`);
        return state;
      } finally {
        opened.close();
      }
    },
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
