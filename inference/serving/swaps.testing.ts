// So many swaps of a model as large as a real one, in a process of its own with --expose-gc; what memory holds after each, as JSON lines. For swaps.test.ts only.
import type { ReadObject } from '../../consumers/objects.ts';
import { silent } from '../../producers/kafka.ts';
import { DEFAULT_RECIPE } from '../../schemas/features.ts';
import type { ServingModel } from './loader.ts';
import { keepModel } from './models.ts';
import { createPredictor } from './predictor.ts';
import { createSlot } from './slot.ts';
import { tinyModel } from '../tiny.testing.ts';

const [swaps = '', how] = process.argv.slice(2);
const SWAPS = Number(swaps);
const keep = how === 'keep';
const kept: ServingModel[] = [];
const slot = createSlot<ServingModel>(() => undefined);
const predict = createPredictor({ slot, auditRate: 0, nowMs: Date.now, observe: () => undefined });
let objects: ReadonlyMap<string, Buffer> = new Map();
const read: ReadObject = (uri) => {
  const found = objects.get(uri);
  return found === undefined ? Promise.reject(new Error(`no ${uri}`)) : Promise.resolve(found);
};
let told = (): void => undefined;
const keeper = keepModel({
  modelName: 'tiny', slot, read, log: silent,
  onSwap(model) {
    // What the test must notice: somebody who holds on to the models.
    if (keep) kept.push(model);
    told();
  },
});
keeper.caughtUp();
for (let seq = 1; seq <= SWAPS + 1; seq += 1) {
  const swapped = new Promise<void>((resolve) => {
    told = resolve;
  });
  const model = tinyModel(seq, seq % 2 === 0 ? 0 : 1, { recipe: DEFAULT_RECIPE }, 0.5);
  objects = model.objects;
  keeper.offer(model.promoted);
  await swapped;
  predict([{ predictionId: `p${seq}`, text: 'lemon juice 330 ml' }]);
  globalThis.gc?.();
  const { rss, arrayBuffers, heapUsed } = process.memoryUsage();
  const weightsBytes = [...model.objects.entries()].find(([uri]) => uri.endsWith('.bin'))?.[1].length;
  console.log(JSON.stringify({ seq, rss, arrayBuffers, heapUsed, weightsBytes, version: slot.current()?.version }));
}
keeper.stop();
