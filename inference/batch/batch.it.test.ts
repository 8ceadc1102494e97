// Batch jobs on the real servers: to their end, stopped, and killed in the middle.
import assert from 'node:assert/strict';
import { randomInt, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { createReadObject, placeOf } from '../../consumers/objects.ts';
import { silent } from '../../producers/kafka.ts';
import { mysqlOptions, s3Options } from '../../producers/connections.ts';
import type { Feedback, Prediction } from '../../schemas/events.ts';
import { verifiedSubsetUriOf } from '../../schemas/verified.ts';
import { closeAtEnd, openBench, startProcess, until, watch, type Bench } from '../../stack/testing.ts';
import { tinyModel } from '../tiny.testing.ts';
import { openBatchLane } from './lane.ts';
import { createBatchLedger, type BatchRow } from './ledger.ts';
import { outputUriOf } from './layout.ts';
import { createStorage } from './s3.ts';
import type { PinnedModel } from './work.ts';

const STUCK = join(import.meta.dirname, 'stuckChild.testing.ts');
const INSTANCE = 'inference/batch/instance.testing.ts';
const LEASE_MS = 1500;
const ANSWERS = ['Beverages', 'Fresh & Perishable Items'] as const;

/** A model name, a table and files of this test's own. */
async function own(t: TestContext, bench: Bench) {
  const modelName = `batch-${randomUUID().slice(0, 8)}`;
  const settings = { ...bench.settings, modelName, leaseMs: LEASE_MS };
  const env = { ...bench.env, MODEL_NAME: modelName, LEASE_MS: String(LEASE_MS) };
  const s3 = new Minio(s3Options(settings));
  const put = (uri: string, content: Buffer | string): Promise<unknown> => s3.putObject(placeOf(uri).bucket, placeOf(uri).key, Buffer.from(content as string));
  async function model(answer: 0 | 1, version: string): Promise<PinnedModel> {
    const { promoted, objects } = tinyModel(randomInt(2 ** 40), answer, { model_name: modelName });
    for (const [uri, bytes] of objects) await put(uri, bytes);
    return { name: modelName, version, manifestUri: promoted.manifest_uri, manifestSha256: promoted.manifest_sha256 };
  }
  const ledger = createBatchLedger(settings);
  closeAtEnd(t, () => ledger.close());
  async function order(content: Buffer | string, badRows: 'refuse' | 'set_aside' = 'refuse'): Promise<string> {
    const id = randomUUID();
    const uri = `s3://dataset/batch/${id}.csv`;
    await put(uri, content);
    await ledger.order(id, uri, badRows);
    return id;
  }
  const become = (id: string, ...statuses: BatchRow['job_status'][]): Promise<BatchRow> => until(`${id} to be ${statuses.join(' or ')}`, async () => {
    const row = await ledger.find(id);
    return row !== undefined && statuses.includes(row.job_status) ? row : undefined;
  });
  const ended = (id: string): Promise<BatchRow> => become(id, 'STATUS_FINISHED', 'STATUS_FAILED', 'STATUS_CANCELLED');
  /** In this process; program: what works. */
  function lane(serving: PinnedModel, program?: string, maxBytes = settings.maxBatchBytes) {
    const opened = openBatchLane({ env, leaseMs: LEASE_MS, maxBytes, ledger, storage: createStorage(settings), serving: () => serving, log: silent, onEnd: () => undefined, onFatal: (error) => assert.fail(String(error)), ...(program === undefined ? {} : { program }) });
    closeAtEnd(t, () => opened.stop());
    return opened;
  }
  const read = createReadObject(settings);
  const textOf = async (uri: string): Promise<string> => (await read(uri)).toString();
  const exists = (uri: string): Promise<boolean> => read(uri).then(() => true, () => false);
  /** Another instance, in a process that may be killed. */
  const instance = ({ manifestUri, manifestSha256, version }: PinnedModel, program = '') => startProcess(t, { ...bench, env }, INSTANCE, {}, [manifestUri, manifestSha256, version, program]);
  return { settings, env, ledger, model, order, become, ended, lane, textOf, exists, instance, modelName };
}
const idsIn = (output: string): string[] => output.trimEnd().split('\n').slice(1).map((line) => line.split(',').at(-3) ?? '');
const rowsOf = (count: number): string => Array.from({ length: count }, (_, i) => `product ${i},${i % 2 === 0 ? ANSWERS[0] : ''}\n`).join('');
const expected = (id: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${id}:${i + 2}`);
const ofJob = <E extends Prediction | Feedback>(events: readonly E[], id: string): E[] => events.filter((event) => event.prediction_id.startsWith(`${id}:`));
const unique = (ids: readonly string[]): string[] => [...new Set(ids)].sort();

test('a file with verified rows, to its end: output, events, feedback, training file, metrics', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const [predictions, feedback] = [await watch(t, bench, 'predictions'), await watch(t, bench, 'feedback')];
  const ROWS = 5000;
  const id = await mine.order(`product_description,HUMAN_VERIFIED_Category\n${rowsOf(ROWS)}`);
  mine.lane(await mine.model(0, 'v7'));
  const row = await mine.ended(id);
  assert.deepEqual([row.job_status, row.output_file_s3, row.verified_subset_s3, row.rows_total, row.rows_done, row.rows_bad, row.rows_verified, row.f1, row.min_f1, row.model_version, row.attempts], ['STATUS_FINISHED', outputUriOf(id), verifiedSubsetUriOf(id), ROWS, ROWS, 0, ROWS / 2, 1, 1, 'v7', 1]);
  const output = await mine.textOf(outputUriOf(id));
  assert.match(output, /^product_description,HUMAN_VERIFIED_Category,prediction_id,category,probability\nproduct 0,Beverages,[^,]+:2,Beverages,0\.\d{6}\n/);
  assert.deepEqual(idsIn(output), expected(id, ROWS));
  await until('all events', () => (ofJob(predictions, id).length === ROWS && ofJob(feedback, id).length === ROWS / 2 ? true : undefined));
  assert.deepEqual(unique(ofJob(predictions, id).map((one) => one.prediction_id)), expected(id, ROWS).sort());
  assert.deepEqual([...new Set(ofJob(feedback, id).map((one) => `${one.category} ${one.source} ${one.given_at === row.requested_at?.getTime()}`))], ['Beverages verified_csv true']);
  assert.equal((await mine.textOf(verifiedSubsetUriOf(id))).split('\n').length, ROWS / 2 + 2);
  const db = await mysql.createConnection(mysqlOptions(mine.settings));
  closeAtEnd(t, () => db.end());
  const [metrics] = await db.query<mysql.RowDataPacket[]>('SELECT * FROM model_metrics WHERE associated_job_id = ?', [id]);
  assert.deepEqual([metrics.length, metrics[0]?.['model_name'], metrics[0]?.['total_predictions'], metrics[0]?.['f1'], metrics[0]?.['min_f1'], Number(metrics[0]?.['latency_avg_ms']) > 0], [1, mine.modelName, ROWS, 1, 1, true]);
});

test('what cannot be read ends as FAILED with the reason; the next job is taken', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const bad = await mine.order('product_description,HUMAN_VERIFIED_Category\na,Toys\n');
  const gone = randomUUID();
  await mine.ledger.order(gone, 's3://dataset/batch/nothing-here.csv', 'refuse');
  const huge = await mine.order(`product_description\n${'a text\n'.repeat(2000)}`);
  const aside = await mine.order('product_description,HUMAN_VERIFIED_Category\na,Toys\nb,\n', 'set_aside');
  mine.lane(await mine.model(0, 'v7'), undefined, 10_000);
  const [first, second, third] = [await mine.ended(bad), await mine.ended(gone), await mine.ended(aside)];
  assert.match(`${first.job_status} ${first.reason}`, /^STATUS_FAILED s3:\/\/dataset\/batch\/.*\.csv: refused 1 of 1 rows: row 2, HUMAN_VERIFIED_Category 'Toys' is not one of/);
  assert.match(`${second.job_status} ${second.reason}`, /^STATUS_FAILED there is no object s3:\/\/dataset\/batch\/nothing-here\.csv/);
  const tooLarge = await mine.ended(huge);
  assert.match(`${tooLarge.job_status} ${tooLarge.reason}`, /^STATUS_FAILED .* has 14020 bytes; at most 10000 are read \(MAX_BATCH_BYTES\)/);
  assert.deepEqual([third.job_status, third.rows_bad, third.rows_total, (await mine.textOf(third.set_aside_s3 ?? '')).split('\n').length], ['STATUS_FINISHED', 1, 2, 3]);
  assert.equal(await mine.exists(outputUriOf(bad)), false);
});

test('cancelled: one that waits ends at once, one that runs is stopped, by another instance too; no output', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const [runs, waits] = [await mine.order(`product_description\n${rowsOf(9000).replaceAll(/,.*/g, '')}`), await mine.order('product_description\na\n')];
  const lane = mine.lane(await mine.model(0, 'v7'), STUCK);
  await until('the first to have begun', async () => ((await mine.ledger.find(runs))?.rows_total === 9000 ? true : undefined));
  assert.equal(await mine.ledger.cancel(waits, 'a test'), 'cancelled');
  // Not told to the lane: as if another instance had been asked.
  assert.equal(await mine.ledger.cancel(runs, 'a test'), 'cancelling');
  for (const id of [runs, waits]) {
    const { job_status, reason } = await mine.ended(id);
    assert.deepEqual([job_status, reason, await mine.exists(outputUriOf(id))], ['STATUS_CANCELLED', 'cancelled by a test', false]);
  }
  assert.equal(await mine.ledger.cancel(runs, 'a test'), 'not open');
  const again = await mine.order(`product_description\n${rowsOf(9000).replaceAll(/,.*/g, '')}`);
  await until('the third to have begun', async () => ((await mine.ledger.find(again))?.rows_total === 9000 ? true : undefined));
  await mine.ledger.cancel(again, 'a test');
  lane.stopJob(again);
  assert.equal((await mine.ended(again)).job_status, 'STATUS_CANCELLED');
});

test('kill -9 in the middle: another instance begins again with the same model; every row once in the output, every id in the log', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const [predictions, feedback] = [await watch(t, bench, 'predictions'), await watch(t, bench, 'feedback')];
  const ROWS = 9000;
  const id = await mine.order(`product_description,HUMAN_VERIFIED_Category\n${rowsOf(ROWS)}`);
  const [old, newer] = [await mine.model(0, 'v7'), await mine.model(1, 'v8')];
  const first = mine.instance(old, STUCK);
  await until('some rows to have been published', () => (ofJob(predictions, id).length > 0 ? true : undefined));
  await first.kill9();
  const before = ofJob(predictions, id).length;
  assert.equal(await mine.exists(outputUriOf(id)), false, 'nothing of the output is seen yet');
  mine.lane(newer);
  const row = await mine.ended(id);
  assert.deepEqual([row.job_status, row.attempts, row.model_version, row.rows_done, row.f1], ['STATUS_FINISHED', 2, 'v7', ROWS, 1]);
  assert.deepEqual(idsIn(await mine.textOf(outputUriOf(id))), expected(id, ROWS));
  await until('all events', () => (unique(ofJob(predictions, id).map((one) => one.prediction_id)).length === ROWS ? true : undefined));
  assert.ok(ofJob(predictions, id).length > ROWS && before > 0, 'the rows of the first attempt stand twice in the log, under the same ids');
  assert.deepEqual([...new Set(ofJob(predictions, id).map((one) => `${one.model_version} ${one.category}`))], ['v7 Beverages']);
  await until('all feedback', () => (unique(ofJob(feedback, id).map((one) => one.feedback_id)).length === ROWS / 2 ? true : undefined));
});

test('suspended until its lease is over: what another has finished stays as it is, and the one that comes back takes the next job', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const model = await mine.model(0, 'v7');
  const id = await mine.order(`product_description\n${rowsOf(9000).replaceAll(/,.*/g, '')}`);
  const { child } = mine.instance(model, STUCK);
  closeAtEnd(t, () => child.kill('SIGCONT'));
  await until('it to have begun', async () => ((await mine.ledger.find(id))?.rows_total === 9000 ? true : undefined));
  child.kill('SIGSTOP');
  const other = mine.lane(model);
  const row = await mine.ended(id);
  assert.deepEqual([row.job_status, row.attempts], ['STATUS_FINISHED', 2]);
  await other.stop();
  const next = await mine.order('product_description\na\n');
  child.kill('SIGCONT');
  await until('it to take the next job', async () => ((await mine.ledger.find(next))?.rows_total === 1 ? true : undefined));
  assert.deepEqual(await mine.ledger.find(id), row);
  assert.deepEqual(idsIn(await mine.textOf(outputUriOf(id))), expected(id, 9000));
});

test('a child that is killed again and again: given up after five attempts', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const id = await mine.order('product_description\na\n');
  const lane = mine.lane(await mine.model(0, 'v7'), join(import.meta.dirname, 'dyingChild.testing.ts'));
  await until('the job to be given up', async () => {
    lane.wake();
    return (await mine.ledger.find(id))?.job_status === 'STATUS_FAILED' ? true : undefined;
  });
  assert.match((await mine.ledger.find(id))?.reason ?? '', /given up after 5 attempts/);
});

test('two instances, one job: one of them gets it', async (t) => {
  const bench = await openBench(t);
  const mine = await own(t, bench);
  const id = await mine.order('product_description\na\n');
  const taken = await Promise.all([mine.ledger.take(), mine.ledger.take(), mine.ledger.take()]);
  const got = taken.filter((one) => one !== undefined);
  assert.deepEqual(got.map(({ lease }) => lease.id), [id]);
  // Whoever lets its lease end has lost it, before anybody else has taken it.
  const lease = got[0]?.lease ?? assert.fail();
  await until('the lease to end', async () => ((await mine.ledger.renew({ ...lease, token: 'another' })) === 'lost' && (await mine.ledger.take())?.lease.id === id ? true : undefined));
  assert.equal(await mine.ledger.renew(lease), 'lost');
  assert.equal(await mine.ledger.finish(lease, { rows: 1, bad: 0, verified: 0, latencyAvgMs: 1, f1: undefined, minF1: undefined, output: 'x', setAside: null, subset: null }), false);
});
