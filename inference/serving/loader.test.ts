import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { LoopError, transient } from '../../schemas/failure.ts';
import type { ReadObject } from '../../consumers/objects.ts';
import { loadModel, type ServingModel } from './loader.ts';
import { keepModel } from './models.ts';
import { createSlot } from './slot.ts';
import { TINY_CATEGORIES, tinyModel } from '../tiny.testing.ts';

const readFrom = (objects: ReadonlyMap<string, Buffer>): ReadObject => (uri) => {
  const found = objects.get(uri);
  return found === undefined ? Promise.reject(transient('s3_unavailable', `no ${uri}`)) : Promise.resolve(found);
};
const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
};

test('a sound promotion loads and answers under its own name', async () => {
  const { promoted, objects } = tinyModel(4, 1);
  const model = await loadModel(promoted, readFrom(objects));
  assert.deepEqual([model.name, model.version, model.promotionSeq, model.score('x').category], ['tiny', 'v4', 4, TINY_CATEGORIES[1]]);
});

test('whatever part is damaged, the model is refused, and the reason says which', async (t) => {
  const TABLE: [string, 'poison' | 'transient', RegExp, (sound: ReturnType<typeof tinyModel>) => ReturnType<typeof tinyModel>][] = [
    ['a byte of the weights', 'poison', /weights of v1 are damaged/, (sound) => ({ ...sound, objects: new Map([...sound.objects].map(([uri, bytes]) => [uri, uri.endsWith('.bin') ? flipped(bytes, 7) : bytes])) })],
    ['weights cut short', 'poison', /weights of v1 are damaged/, (sound) => ({ ...sound, objects: new Map([...sound.objects].map(([uri, bytes]) => [uri, uri.endsWith('.bin') ? bytes.subarray(4) : bytes])) })],
    ['a byte of the manifest', 'poison', /manifest.json is not what was promoted/, (sound) => ({ ...sound, objects: new Map([...sound.objects].map(([uri, bytes]) => [uri, uri.endsWith('.json') ? flipped(bytes, 9) : bytes])) })],
    ['a promotion without the checksum', 'poison', /not what was promoted/, (sound) => ({ ...sound, promoted: { ...sound.promoted, manifest_sha256: '' } })],
    ['a promotion of other weights', 'poison', /names other weights/, (sound) => ({ ...sound, promoted: { ...sound.promoted, weights_sha256: '0'.repeat(64) } })],
    ['golden rows it does not reproduce', 'poison', /does not reproduce 1 of 1 golden rows/, () => tinyModel(1, 0, { golden: [{ text: 'golden', probabilities: [0.1, 0.9] }] })],
    ['golden rows of another width', 'poison', /does not reproduce/, () => tinyModel(1, 0, { golden: [{ text: 'golden', probabilities: [1] }] })],
    ['no golden rows', 'poison', /golden/, () => tinyModel(1, 0, { golden: [] })],
    ['a model of another name', 'poison', /is a model for 'other'/, () => tinyModel(1, 0, { model_name: 'other' })],
    ['objects that are not there', 'transient', /no s3:/, (sound) => ({ ...sound, objects: new Map() })],
  ];
  for (const [name, kind, says, damage] of TABLE) {
    await t.test(name, async () => {
      const { promoted, objects } = damage(tinyModel(1, 0));
      await assert.rejects(loadModel(promoted, readFrom(objects)), (error: unknown) => error instanceof LoopError && error.kind === kind && says.test(error.message));
    });
  }
});

function keeperOf(read: ReadObject) {
  const slot = createSlot<ServingModel>(() => undefined);
  const swaps: string[] = [];
  let told = (): void => undefined;
  const keeper = keepModel({ modelName: 'tiny', slot, read, log: { ...silent, error: () => told() }, onSwap: (model) => (swaps.push(model.version), told()) });
  /** Resolves at the next swap or failure. */
  const next = (): Promise<void> => new Promise((resolve) => {
    told = resolve;
  });
  return { slot, swaps, keeper, next };
}
const objectsOf = (...models: ReturnType<typeof tinyModel>[]): Map<string, Buffer> => new Map(models.flatMap((one) => [...one.objects]));

test('at the start only the newest promotion is loaded; a lower one, the same one and another model\'s are ignored', async () => {
  const [one, two, three] = [tinyModel(1, 0), tinyModel(2, 1), tinyModel(3, 0)];
  const reads: string[] = [];
  const { swaps, keeper, next, slot } = keeperOf((uri) => (reads.push(uri), readFrom(objectsOf(one, two, three))(uri)));
  for (const { promoted } of [one, three, two]) keeper.offer(promoted);
  const swapped = next();
  keeper.caughtUp();
  await swapped;
  keeper.offer(three.promoted);
  keeper.offer(two.promoted);
  keeper.offer({ ...two.promoted, model_name: 'other', promotion_seq: 99 });
  assert.deepEqual([swaps, slot.current()?.version, reads.length], [['v3'], 'v3', 2]);
  keeper.stop();
});

test('a failed load keeps the old model and says why; a newer promotion repairs it', async () => {
  const [one, bad, three] = [tinyModel(1, 0), tinyModel(2, 1, { golden: [{ text: 'golden', probabilities: [1, 0] }] }), tinyModel(3, 1)];
  const { keeper, next, slot } = keeperOf(readFrom(objectsOf(one, bad, three)));
  keeper.caughtUp();
  for (const [model, serves, failed] of [[one, 'v1', false], [bad, 'v1', true], [three, 'v3', false]] as const) {
    const told = next();
    keeper.offer(model.promoted);
    await told;
    assert.deepEqual([slot.current()?.version, keeper.failure() !== undefined], [serves, failed]);
    if (failed) assert.match(keeper.failure() ?? '', /v2 cannot be loaded: .*golden/);
  }
  keeper.stop();
});

test('S3 that comes back is tried again by itself', async () => {
  const one = tinyModel(1, 0);
  let away = true;
  const { keeper, next, slot } = keeperOf((uri) => readFrom(away ? new Map() : one.objects)(uri));
  const failed = next();
  keeper.caughtUp();
  keeper.offer(one.promoted);
  await failed;
  assert.equal(slot.current(), undefined);
  const swapped = next();
  away = false;
  await swapped;
  assert.equal(slot.current()?.version, 'v1');
  keeper.stop();
});

test('damaged bytes that come whole the next time serve without anybody doing anything; the damaged ones never did', async () => {
  const one = tinyModel(1, 0);
  let damaged = true;
  const { keeper, next, slot } = keeperOf((uri) => readFrom(one.objects)(uri).then((bytes) => (damaged && uri.endsWith('.bin') ? flipped(bytes, 7) : bytes)));
  const failed = next();
  keeper.caughtUp();
  keeper.offer(one.promoted);
  await failed;
  assert.equal(slot.current(), undefined);
  assert.match(keeper.failure() ?? '', /the weights of v1 are damaged/);
  const swapped = next();
  damaged = false;
  await swapped;
  assert.deepEqual([slot.current()?.version, keeper.failure()], ['v1', undefined]);
  keeper.stop();
});

test('a damaged newest promotion at the start: the newest older one that loads serves meanwhile, and how far behind it is, shows', async () => {
  const [one, two, broken, bad] = [tinyModel(1, 0), tinyModel(2, 1), tinyModel(3, 0, { golden: [{ text: 'golden', probabilities: [0.1, 0.9] }] }), tinyModel(4, 0, { golden: [] })];
  const { keeper, next, slot, swaps } = keeperOf(readFrom(objectsOf(one, two, broken, bad)));
  for (const { promoted } of [one, two, broken, bad]) keeper.offer(promoted);
  assert.equal(keeper.behind(), 4);
  keeper.caughtUp();
  while (slot.current() === undefined) await next();
  assert.deepEqual([swaps, keeper.behind()], [['v2'], 2]);
  assert.match(keeper.failure() ?? '', /v4 cannot be loaded/);
  const five = tinyModel(5, 1);
  // Once something serves, a failure falls back on nothing.
  keeper.offer({ ...five.promoted, manifest_sha256: '' });
  await next();
  assert.deepEqual([swaps, keeper.behind()], [['v2'], 3]);
  keeper.stop();
});

test('the log was compacted to the newest promotion, and that one is damaged: its event names the one before', async () => {
  const [two, bad] = [tinyModel(2, 1), tinyModel(4, 0, { golden: [] })];
  const { keeper, next, slot } = keeperOf(readFrom(objectsOf(two, bad)));
  const { model_version, promotion_seq, manifest_uri, manifest_sha256, weights_sha256 } = two.promoted;
  keeper.offer({ ...bad.promoted, previous_version: model_version, previous_promotion_seq: promotion_seq, previous_manifest_uri: manifest_uri, previous_manifest_sha256: manifest_sha256, previous_weights_sha256: weights_sha256 });
  keeper.caughtUp();
  while (slot.current() === undefined) await next();
  assert.deepEqual([slot.current()?.version, slot.current()?.promotionSeq, keeper.behind()], ['v2', 2, 2]);
  keeper.stop();
});

test('a rollback is a newer promotion of an older version', async () => {
  const [one, two] = [tinyModel(1, 0), tinyModel(2, 1)];
  const { keeper, next, slot } = keeperOf(readFrom(objectsOf(one, two)));
  keeper.caughtUp();
  for (const [promoted, version, seq] of [[one.promoted, 'v1', 1], [two.promoted, 'v2', 2], [{ ...one.promoted, promotion_seq: 3, restored: true }, 'v1', 3]] as const) {
    const swapped = next();
    keeper.offer(promoted);
    await swapped;
    assert.deepEqual([slot.current()?.version, slot.current()?.promotionSeq, keeper.behind()], [version, seq, 0]);
  }
  keeper.stop();
});
