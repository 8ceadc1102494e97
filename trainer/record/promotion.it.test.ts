// Claim and promotion on the real MySQL, S3 and Kafka: one row per id, one owner at a time, and one promotion wherever the trainer dies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import { closeAtEnd, openBench, until, watch } from '../../stack/testing.ts';
import { sha256 } from '../../consumers/objects.ts';
import type { Lease, Row } from './row.ts';
import { publishPromotion } from './promote.ts';
import { runTraining } from '../jobs/run.ts';
import { LEASE_MS, own, requestOf, taken, type Own } from '../tiny.testing.ts';
import type { Trained } from '../jobs/train.ts';
import { startWorker } from '../jobs/worker.ts';

test('one row per retrain id; one owner at a time; a lost lease changes nothing', async (t) => {
  const { model, ledger } = own(t, await openBench(t));
  assert.equal(await ledger.claim(requestOf(model), 0, 1n), 'claimed');
  assert.equal(await ledger.claim(requestOf(model), 0, 1n), 'known');
  assert.equal(await ledger.claim(requestOf(model, 'manual'), 0, 2n), 'claimed');
  const first = await taken(ledger);
  assert.equal(first.row.cause, 'bootstrap');
  assert.equal(await ledger.take(), undefined, 'one training per model at a time');
  assert.equal(await ledger.renew(first.lease), true);
  // Its lease ends unrenewed: another trainer takes it over, and the first can do nothing any more.
  const second = await taken(ledger);
  assert.deepEqual([second.row.id, second.row.attempts], [first.row.id, 2]);
  assert.equal(await ledger.renew(first.lease), false);
  assert.equal(await ledger.promote(first.lease, model, undefined, 'late'), 'lease lost');
  assert.equal(await ledger.finish(first.lease, 'rejected', 'late'), false);
  assert.equal(await ledger.finish(second.lease, 'rejected', 'in time'), true);
  const third = await taken(ledger);
  assert.equal(third.row.cause, 'manual');
  assert.equal(await ledger.finish(third.lease, 'cancelled', 'end of the test'), true);
});
test('only attempts that ended without a word are counted: what is away may be away for long', async (t) => {
  const { model, ledger } = own(t, await openBench(t));
  await ledger.claim(requestOf(model), 0, 1n);
  for (let i = 0; i < 8; i += 1) {
    const { row, lease } = await taken(ledger);
    assert.equal(row.attempts, 1);
    await ledger.release(lease, false);
  }
  for (const attempts of [1, 2, 3]) {
    const { row, lease } = await taken(ledger);
    assert.equal(row.attempts, attempts);
    await ledger.release(lease, true);
  }
  assert.equal(await ledger.finish((await taken(ledger)).lease, 'cancelled', 'end of the test'), true);
});

/** Trains for real and goes as far as the row that has its promotion_seq. */
async function upToTheRow(mine: Own): Promise<{ row: Row; trained: Trained; lease: Lease }> {
  const { ledger, settings, model, env } = mine;
  await ledger.claim(requestOf(model), 0, 1n);
  const { row, lease } = await taken(ledger);
  const renewing = setInterval(() => void ledger.renew(lease), LEASE_MS / 3);
  try {
    const trained = await runTraining({ runId: row.id, cause: row.cause, force: false, epochs: 2, metric: 'eval_f1', corpora: [settings.baseCorpus], champion: undefined }, env, () => undefined, new AbortController().signal);
    assert.equal(trained.verdict.status, 'passed');
    assert.equal(await ledger.record(lease, trained, undefined), true);
    assert.equal(await ledger.promote(lease, model, undefined, 'test'), 'promoted');
    return { row, trained, lease };
  } finally {
    clearInterval(renewing);
  }
}

for (const died of ['before the event', 'after the event'] as const) {
  test(`a trainer that died ${died}: the next one ends the promotion, once`, async (t) => {
    const bench = await openBench(t);
    const models = await watch(t, bench, 'models');
    const mine = own(t, bench);
    const { row, trained, lease } = await upToTheRow(mine);
    const { ledger, settings, model, env, artifacts } = mine;
    if (died === 'after the event') {
      const event = {
        model_name: model, model_version: 'v1', promotion_seq: 1, manifest_uri: trained.stored.manifestUri, manifest_sha256: sha256(await artifacts.read(trained.stored.manifestUri)), weights_sha256: trained.stored.weightsSha256,
        run_id: row.id, retrain_id: row.retrain_id, cause: row.cause, previous_version: null, categories: [...trained.categories], promoted_at: 0,
        restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null,
      };
      assert.deepEqual(await publishPromotion(event, { settings, registry: bench.registry, log: silent, stillMine: () => ledger.isMine(lease) }), { status: 'published' });
    }
    const worker = startWorker({ settings, env, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)) });
    closeAtEnd(t, () => worker.stop());
    const done = await until('the row ends', async () => {
      const now = await ledger.row(row.id);
      return now?.status === 'FINISHED' ? now : undefined;
    });
    assert.deepEqual([done.outcome, Number(done.promotion_seq), done.model_version], ['promoted', 1, 'v1']);
    await until('the event', () => models.find((event) => event.model_name === model));
    assert.equal(models.filter((event) => event.model_name === model).length, 1);
    const report = JSON.parse((await artifacts.read(`s3://models/${model}/runs/${row.id}.json`)).toString()) as { outcome: string };
    assert.equal(report.outcome, 'promoted');
  });
}

test('a missing corpus is an error in words, not a crash', async (t) => {
  const bench = await openBench(t);
  const { ledger, settings, model, env, artifacts } = own(t, bench);
  const gone = 's3://dataset/train/no-such-file.csv';
  await ledger.claim(requestOf(model), 0, 1n);
  const worker = startWorker({ settings: { ...settings, baseCorpus: gone }, env: { ...env, BASE_CORPUS: gone }, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)) });
  closeAtEnd(t, () => worker.stop());
  const row = await until('the row ends', async () => (await ledger.latest(50)).find((one) => one.model_name === model && one.status === 'FAILED'));
  assert.equal(row.outcome, 'error');
  assert.match(row.outcome_reason ?? '', /no object s3:\/\/dataset\/train\/no-such-file\.csv/);
});
