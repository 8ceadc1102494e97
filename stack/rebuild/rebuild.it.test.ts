// The table is lost: made again from S3 and Kafka it is the same, row by row and column by column, and the loop goes on with the right number. Without it nothing is promoted under a number that readers have passed.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../../producers/connections.ts';
import { silent } from '../../producers/kafka.ts';
import { CANCEL } from '../../schemas/events.ts';
import { plainRow, type PlainRow } from '../../schemas/rowFile.ts';
import type { Settings } from '../../schemas/settings.ts';
import { createCancel } from '../../trainer/jobs/cancel.ts';
import { startWorker, type Worker } from '../../trainer/jobs/worker.ts';
import { collectGarbage } from '../../trainer/record/collect.ts';
import { knownPromotions, readPromotions, type KnownPromotions } from '../../trainer/record/known.ts';
import { createLedger, type Ledger } from '../../trainer/record/ledger.ts';
import type { Row } from '../../trainer/record/row.ts';
import { own, requestOf, type Own } from '../../trainer/tiny.testing.ts';
import { migrate } from '../prepare.ts';
import { closeAtEnd, openBench, until, watch, type Bench } from '../testing.ts';
import { rebuildTables } from './command.ts';

const CHILD = join(import.meta.dirname, '../../trainer/tinyChild.testing.ts');
/** The server's other database, which only a stack with MLflow uses. */
const OTHER = 'mlflow';

function start(t: TestContext, bench: Bench, { settings, env, artifacts }: Own, ledger: Ledger, known?: KnownPromotions): Worker {
  const worker = startWorker({ settings, env, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)), childProgram: CHILD, ...(known === undefined ? {} : { known }) });
  closeAtEnd(t, () => worker.stop());
  return worker;
}
async function rowsOf(settings: Settings): Promise<PlainRow[]> {
  const db = await mysql.createConnection({ ...mysqlOptions(settings), timezone: 'Z', supportBigNumbers: true });
  const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT * FROM auto_training WHERE model_name = ? ORDER BY claimed_at, request_offset', [settings.modelName]);
  const [metrics] = await db.query<mysql.RowDataPacket[]>('SELECT * FROM model_metrics WHERE model_name = ? ORDER BY id', [settings.modelName]);
  await db.end();
  return [...rows, ...metrics].map(plainRow);
}
const ended = (ledger: Ledger, id: string): Promise<Row> => until(`${id} ends`, async () => (await ledger.latest(200)).find((row) => row.retrain_id === id && (row.status === 'FINISHED' || row.status === 'FAILED')));

test('MySQL emptied, made again from S3 and Kafka: the same rows for every outcome, and the next training has the next number', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model, artifacts, settings } = mine;
  const worker = start(t, bench, mine, ledger);
  let offset = 0;
  async function ask(cause: string, params: object, into: Ledger = ledger, change: object = {}): Promise<string> {
    const id = `${model}/${cause}/${randomUUID()}`;
    await into.claim(requestOf(model, cause, { retrain_id: id, params_json: JSON.stringify(params), ...change }), 0, BigInt((offset += 1)));
    worker.wake();
    return id;
  }
  const over = async (cause: string, params: object, change: object = {}): Promise<Row> => ended(ledger, await ask(cause, params, ledger, change));
  const rows = [await over('manual', { epoch_num: 1 }), await over('manual', { epoch_num: 2 }), await over('manual', { epoch_num: 3 }), await over('manual', { epoch_num: 1 }), await over('rollback', { version: 'v1' }), await over('rollback', { version: 'v9' })];
  rows.push(await over('drift', { epoch_num: 1 }, { model_version: 'v2', newest_predicted_at: 1 }));
  const approval = await ask('manual', { epoch_num: 4 });
  await until('it waits for an approval', async () => (await ledger.awaiting(model)).find((row) => row.retrain_id === approval));
  await worker.stop();
  const waiting = await ask('manual', { epoch_num: 1 });
  await createCancel({ ledger, artifacts, log: silent, stopRun: () => undefined, onOutcome: () => undefined })(requestOf(model, CANCEL, { params_json: JSON.stringify({ id: (await ledger.find(waiting))?.id }), requested_by: 'a test' }));
  rows.push(await ended(ledger, waiting));
  assert.deepEqual(rows.map((row) => row.outcome), ['promoted', 'rejected', 'error', 'promoted', 'promoted', 'rejected', 'stale', 'cancelled']);
  // The models of the rejected run are past their time.
  const ours = { write: artifacts.write, remove: artifacts.remove, list: async (prefix: string) => (await artifacts.list(prefix)).filter(({ uri }) => uri.startsWith(`s3://models/${model}/`)) };
  const { rows: removed } = await collectGarbage({ ledger, artifacts: ours, retentionMs: 90 * 86_400_000, nowMs: Date.now() + 91 * 86_400_000, dryRun: false });
  assert.equal(removed.length, 1);
  // Asked for, and never claimed: only Kafka knows.
  const asked = `${model}/manual/${randomUUID()}`;
  await bench.publisher.send([{ topic: 'retrain-requests', key: model, value: requestOf(model, 'manual', { retrain_id: asked, params_json: '{"epoch_num":1}' }) }]);
  const before = await rowsOf(settings);
  assert.equal(before.length, 9 + 4);

  const lost: Settings = { ...settings, mysqlDatabase: OTHER };
  const db = await mysql.createConnection({ ...mysqlOptions(lost), multipleStatements: true });
  closeAtEnd(t, () => db.end());
  const drop = async (): Promise<void> => {
    const [tables] = await db.query<mysql.RowDataPacket[]>('SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?', [OTHER]);
    for (const { name } of tables) await db.query(`DROP TABLE ${mysql.escapeId(String(name))}`);
  };
  await drop();
  closeAtEnd(t, drop);
  await migrate({ settings: lost });
  const again = createLedger(lost);
  closeAtEnd(t, () => again.close());

  // A trainer that finds the table empty says so and takes nothing, though there is something to do.
  const other: Own = { ...mine, settings: lost };
  const held = start(t, bench, other, again, knownPromotions(await readPromotions(lost, bench.registry)));
  const next = await ask('manual', { epoch_num: 1 }, again);
  held.wake();
  assert.equal(await until('it notices', () => (held.behind() === 0 ? undefined : held.behind())), 3);
  assert.deepEqual((await again.find(next))?.attempts, 0);

  const looked = await rebuildTables(lost, { do: false, overwrite: false });
  assert.ok(looked.changed >= 10 + 4);
  assert.equal((await rowsOf(lost)).length, 1, 'a look changes nothing');
  const done = await rebuildTables(lost, { do: true, overwrite: false });
  assert.deepEqual(done.found.map(({ table }) => table), ['auto_training', 'model_metrics', 'jobs']);
  assert.ok(done.champions.includes(`champion of '${model}': v1 is promotion 3 in Kafka, v1 promotion 3 in the table; the next one is number 4`), done.champions.join('\n'));
  const after = (await rowsOf(lost)).filter((row) => row['retrain_id'] !== next && row['retrain_id'] !== asked);
  assert.deepEqual(after, before);

  // It goes on by itself: with what waited, and with what only Kafka knew.
  assert.deepEqual([(await ended(again, asked)).outcome, (await ended(again, next)).outcome], ['promoted', 'promoted']);
  assert.equal(held.behind(), 0);
  const standing = await readPromotions(lost, bench.registry);
  assert.deepEqual(standing.filter((event) => event.model_name === model).map((event) => event.promotion_seq).slice(-2), [4, 5]);
  assert.deepEqual((await again.promotions(model)).map((row) => Number(row.promotion_seq)), [5, 4, 3, 2, 1]);
  const repeated = await rebuildTables(lost, { do: true, overwrite: false });
  assert.equal(repeated.changed, 0, 'repeating it changes nothing');

  // What says something else is left alone unless told.
  await db.query('UPDATE auto_training SET f1 = 0.1 WHERE id = ?', [rows[0]?.id]);
  const refused = await rebuildTables(lost, { do: true, overwrite: false });
  assert.deepEqual([refused.changed, refused.differs, (await again.row(rows[0]?.id ?? ''))?.f1], [0, 1, 0.1]);
  assert.equal((await rebuildTables(lost, { do: true, overwrite: true })).changed, 1);
  assert.equal((await again.row(rows[0]?.id ?? ''))?.f1, rows[0]?.f1);
});

test('a number that readers have passed is never called promoted, whatever the table says', async (t) => {
  const bench = await openBench(t);
  const models = await watch(t, bench, 'models');
  const mine = own(t, bench);
  const { ledger, model, settings } = mine;
  const worker = start(t, bench, mine, ledger);
  const train = async (n: number): Promise<Row> => {
    await ledger.claim(requestOf(model, 'manual', { retrain_id: `${model}/manual/${n}`, params_json: '{"epoch_num":1}' }), 0, BigInt(n));
    worker.wake();
    return ended(ledger, `${model}/manual/${n}`);
  };
  await train(1);
  await train(2);
  await worker.stop();
  const db = await mysql.createConnection(mysqlOptions(settings));
  closeAtEnd(t, () => db.end());
  await db.query('DELETE FROM auto_training WHERE model_name = ?', [model]);
  // A trainer that does not know of the loss: it has forgotten what stands in Kafka.
  const forgetful = start(t, bench, mine, ledger);
  await ledger.claim(requestOf(model, 'manual', { retrain_id: `${model}/manual/3`, params_json: '{"epoch_num":1}' }), 0, 3n);
  forgetful.wake();
  const row = await ended(ledger, `${model}/manual/3`);
  assert.deepEqual([row.status, row.outcome, row.promotion_seq, row.model_version], ['FAILED', 'error', null, null]);
  assert.match(row.outcome_reason ?? '', /not promoted: it took number 1, but v2 stands in Kafka as promotion 2 and serves.*\.\/loop rebuild/);
  // From now on it knows.
  await until('it holds', () => (forgetful.behind() === 2 ? true : undefined));
  assert.deepEqual(models.filter((event) => event.model_name === model).map((event) => event.promotion_seq), [1, 2]);
});
