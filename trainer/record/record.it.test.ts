// The record on the real MySQL and S3: one row of model_metrics per training, models that are never overwritten, and what garbage collection takes and leaves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { silent } from '../../producers/kafka.ts';
import { mysqlOptions } from '../../producers/connections.ts';
import { LoopError } from '../../schemas/failure.ts';
import { closeAtEnd, openBench, until } from '../../stack/testing.ts';
import { collectGarbage } from './collect.ts';
import { folderOf } from './garbage.ts';
import { own, promoteTiny, requestOf, taken, tinyTrained, type Own } from '../tiny.testing.ts';
import { startWorker } from '../jobs/worker.ts';

const DAY = 86_400_000;
/** A version that is promoted and over. */
async function version(mine: Own, n: number): Promise<string> {
  const { id } = await promoteTiny(mine, n);
  const { row, lease } = await taken(mine.ledger);
  assert.equal(row.id, id);
  assert.equal(await mine.ledger.finish(lease, 'promoted', ''), true);
  return id;
}

test('one row of model_metrics per training, also when two have worked on it; none without a training', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model, settings } = mine;
  const db = await mysql.createConnection(mysqlOptions(settings));
  closeAtEnd(t, () => db.end());
  await ledger.claim(requestOf(model, 'manual'), 0, 1n);
  const first = await taken(ledger);
  const trained = await tinyTrained(mine, first.row.id, 1);
  assert.equal(await ledger.record(first.lease, trained, undefined), true);
  const second = await taken(ledger);
  assert.equal(await ledger.record(first.lease, { ...trained, f1: 0.1 }, undefined), false);
  assert.equal(await ledger.record(second.lease, { ...trained, f1: 0.95, scored: 12, latencyAvgMs: 0.25 }, undefined), true);
  await ledger.finish(second.lease, 'rejected', 'test');
  await ledger.claim(requestOf(model, 'train_csv'), 0, 2n);
  await ledger.finish((await taken(ledger)).lease, 'error', 'test');
  const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT associated_job_id, f1, min_f1, total_predictions, latency_avg_ms FROM model_metrics WHERE model_name = ?', [model]);
  assert.deepEqual(rows.map((row) => ({ ...row, total_predictions: Number(row['total_predictions']) })), [{ associated_job_id: first.row.id, f1: 0.95, min_f1: 0.8, total_predictions: 12, latency_avg_ms: 0.25 }]);
});

test('stored models are never overwritten: the same bytes are left alone, others are refused', async (t) => {
  const mine = own(t, await openBench(t));
  const { artifacts, model } = mine;
  const [one, again] = [await tinyTrained(mine, 'run', 1), await tinyTrained(mine, 'run', 1)];
  assert.deepEqual(again.stored, one.stored);
  const before = await artifacts.list(folderOf(one.stored.weightsUri));
  assert.equal(before.length, 3);
  await assert.rejects(artifacts.keep(one.stored.weightsUri, 'other bytes'), (error: unknown) => error instanceof LoopError && error.code === 'immutable');
  assert.deepEqual(await artifacts.list(folderOf(one.stored.weightsUri)), before);
  assert.deepEqual(await artifacts.list(`s3://models/${model}/none`), []);
});

test('garbage goes after retention: not what serves, not what served before; nobody rolls back to what is gone', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model, settings, artifacts, env } = mine;
  const ids = [await version(mine, 1), await version(mine, 2), await version(mine, 3)];
  const rows = await Promise.all(ids.map((id) => ledger.row(id)));
  const orphan = await tinyTrained(mine, 'nobody', 77);
  const report = `s3://models/${model}/runs/${ids[0] ?? ''}.json`;
  await artifacts.write(report, '{}');
  // The stack is shared: only this model's folders are looked at.
  const ours = { write: artifacts.write, remove: (uris: readonly string[]) => artifacts.remove(uris), list: async (prefix: string) => (await artifacts.list(prefix)).filter(({ uri }) => uri.startsWith(`s3://models/${model}/`)) };
  const collect = (ageDays: number, dryRun = false): ReturnType<typeof collectGarbage> => collectGarbage({ ledger, artifacts: ours, retentionMs: 90 * DAY, nowMs: Date.now() + ageDays * DAY, dryRun });
  const gone = [folderOf(rows[0]?.weights_s3 ?? ''), folderOf(orphan.stored.weightsUri)].sort();
  assert.deepEqual((await collect(0)).goes, []);
  assert.deepEqual((await collect(91, true)).goes.map((folder) => folder.uri).sort(), gone);
  const done = await collect(91);
  assert.deepEqual([done.goes.map((folder) => folder.uri).sort(), done.stays, done.rows], [gone, 2, [ids[0]]]);
  assert.deepEqual((await collect(91)).goes, []);
  for (const row of rows.slice(1)) await artifacts.loadModel(row?.manifest_s3 ?? '', row?.manifest_sha256 ?? undefined);
  await assert.rejects(artifacts.read(rows[0]?.weights_s3 ?? ''), /no object/);
  await artifacts.read(report);

  await ledger.claim(requestOf(model, 'rollback', { params_json: '{"version":"v1"}' }), 0, 99n);
  const worker = startWorker({ settings, env, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)) });
  closeAtEnd(t, () => worker.stop());
  const refused = await until('the rollback ends', async () => (await ledger.latest(100)).find((row) => row.retrain_id === `${model}/rollback/1` && row.status === 'FINISHED'));
  assert.equal(refused.outcome, 'rejected');
  assert.match(refused.outcome_reason ?? '', /the model of v1 was removed on 20\d\d-/);
  // Whoever had looked before the removal is stopped at the last step.
  const before = rows[0];
  await worker.stop();
  await ledger.claim(requestOf(model, 'rollback', { retrain_id: `${model}/rollback/late` }), 0, 100n);
  const late = await taken(ledger, 'rollback');
  assert.ok(before !== undefined);
  await assert.rejects(ledger.promote(late.lease, model, await ledger.champion(model), 'late', before), (error: unknown) => error instanceof LoopError && error.code === 'collected');
  await ledger.finish(late.lease, 'error', 'end of the test');
});

test('a trainer suspended inside a transaction holds its locks no longer than a lease', async (t) => {
  const mine = own(t, await openBench(t));
  const { ledger, model } = mine;
  await version(mine, 1);
  const [locked, woken] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const suspended = ledger.inTransaction(async (on) => {
    await on.query('SELECT id FROM auto_training FOR UPDATE');
    locked.resolve(undefined);
    await woken.promise;
    await on.query('SELECT 1');
  });
  suspended.catch(() => undefined);
  await locked.promise;
  await ledger.claim(requestOf(model, 'train_csv'), 0, 2n);
  woken.resolve(undefined);
  await assert.rejects(suspended, (error: unknown) => error instanceof Error);
  const { lease } = await taken(ledger);
  await ledger.finish(lease, 'cancelled', 'end of the test');
});
