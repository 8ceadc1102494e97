// Rollback on the real MySQL, S3 and Kafka: the same path as a promotion, in the order of the numbers, beside a training and not behind it.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { closeAtEnd, openBench, until, watch, type Bench } from '../../stack/testing.ts';
import type { Row } from './row.ts';
import { own, promoteTiny, requestOf, type Own } from '../tiny.testing.ts';
import { versionsOf } from './versions.ts';
import { startWorker } from '../jobs/worker.ts';

/** Resolves, when called, after the worker has stopped: who makes a row by hand must be alone with the ledger. */
function start(t: TestContext, bench: Bench, { settings, env, ledger, artifacts }: Own): () => Promise<void> {
  const worker = startWorker({ settings, env, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)) });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= worker.stop());
  closeAtEnd(t, stop);
  return stop;
}
const ended = ({ ledger, model }: Own, id: string): Promise<Row> => until(`${id} ends`, async () => (await ledger.latest(200)).find((row) => row.model_name === model && row.retrain_id === id && (row.status === 'FINISHED' || row.status === 'FAILED')));

test('v1, v2, back to v1, forward to v2, and what is refused with a reason', async (t) => {
  const bench = await openBench(t);
  const models = await watch(t, bench, 'models');
  const mine = own(t, bench);
  const { ledger, model } = mine;
  let n = 0;
  const rollback = async (version?: string, leaving: string | null = null): Promise<Row> => {
    const id = `${model}/rollback/${(n += 1)}`;
    await ledger.claim(requestOf(model, 'rollback', { retrain_id: id, model_version: leaving, params_json: JSON.stringify(version === undefined ? {} : { version }) }), 0, BigInt(100 + n));
    return ended(mine, id);
  };
  const first = await promoteTiny(mine, 1);
  let stop = start(t, bench, mine);
  await ended(mine, first.retrain_id);
  await stop();
  // The second one stands as a row without an event: the rollback waits until the dead trainer's lease is over and its event stands.
  const second = await promoteTiny(mine, 2);
  stop = start(t, bench, mine);
  const back = await rollback(undefined, 'v2');
  assert.deepEqual([back.outcome, Number(back.promotion_seq), back.model_version, back.champion_version, back.outcome_reason], ['promoted', 3, 'v1', 'v2', 'back from v2 to v1, ordered by an admin']);
  const origin = await ledger.row(first.id);
  assert.deepEqual([back.weights_s3, back.manifest_s3, back.manifest_sha256, back.dataset_offsets, back.f1], [origin?.weights_s3, origin?.manifest_s3, origin?.manifest_sha256, origin?.dataset_offsets, origin?.f1]);
  const forward = await rollback();
  assert.deepEqual([forward.model_version, Number(forward.promotion_seq)], ['v2', 4]);
  const named = await rollback('v1', 'v7');
  assert.deepEqual([named.model_version, Number(named.promotion_seq)], ['v1', 5]);
  for (const [version, leaving, says] of [['v9', null, /no version 'v9'/], ['v1', null, /v1 serves already/], [undefined, 'v2', /v1 serves by now, no longer v2/]] as const) {
    const refused = await rollback(version, leaving);
    assert.deepEqual([refused.status, refused.outcome, refused.promotion_seq], ['FINISHED', 'rejected', null]);
    assert.match(refused.outcome_reason ?? '', says);
  }
  const events = await until('five events', () => {
    const mineOnly = models.filter((event) => event.model_name === model);
    return mineOnly.length >= 5 ? mineOnly : undefined;
  });
  assert.deepEqual(events.map((event) => [event.promotion_seq, event.model_version, event.restored, event.previous_version, event.previous_promotion_seq, event.cause]), [
    [1, 'v1', false, null, null, 'manual'], [2, 'v2', false, 'v1', 1, 'manual'], [3, 'v1', true, 'v2', 2, 'rollback'], [4, 'v2', true, 'v1', 3, 'rollback'], [5, 'v1', true, 'v2', 4, 'rollback'],
  ]);
  assert.ok(events.every((event) => event.previous_version === null || event.previous_manifest_uri !== null));
  // A new version never takes the name of an old one.
  await stop();
  const third = await promoteTiny(mine, 3);
  start(t, bench, mine);
  await ended(mine, third.retrain_id);
  assert.deepEqual(versionsOf(await ledger.promotions(model)).map((one) => [one.model_version, one.run_id, one.promotions.length]), [['v6', (await ledger.champion(model))?.id, 1], ['v1', first.id, 3], ['v2', second.id, 2]]);
});

test('a rollback does not wait for a training under way, and the training finds another champion', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model } = mine;
  for (const n of [1, 2]) {
    await promoteTiny(mine, n);
    const { lease } = await until('the lease is over', () => ledger.take());
    await ledger.finish(lease, 'promoted', '');
  }
  await ledger.claim(requestOf(model, 'manual', { retrain_id: `${model}/manual/long` }), 0, 50n);
  const training = await until('the training is taken', () => ledger.take());
  const renewing = setInterval(() => void ledger.renew(training.lease), 300);
  closeAtEnd(t, () => clearInterval(renewing));
  const before = await ledger.champion(model);
  await ledger.claim(requestOf(model, 'rollback', { retrain_id: `${model}/rollback/now` }), 0, 51n);
  start(t, bench, mine);
  assert.equal((await ended(mine, `${model}/rollback/now`)).model_version, 'v1');
  assert.equal(await ledger.promote(training.lease, model, before, 'judged against v2'), 'champion changed');
  assert.equal(await ledger.finish(training.lease, 'cancelled', 'end of the test'), true);
});
