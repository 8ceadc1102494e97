// The jobs on the real servers: orders come by the topic, are claimed, taken, refused with row and column, cancelled while they wait and while they run.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { incomingOf } from '../../consumers/record.ts';
import { baseCorpus as baseCorpusOf } from '../../producers/catalogue.ts';
import { silent } from '../../producers/kafka.ts';
import { encode } from '../../schemas/codec.ts';
import { writeTrainingCsv } from '../../schemas/csv.ts';
import { CANCEL, type RetrainRequested } from '../../schemas/events.ts';
import { closeAtEnd, openBench, until, watch, type Bench } from '../../stack/testing.ts';
import { LoopError } from '../../schemas/failure.ts';
import { gather, type Plan } from '../data/dataset.ts';
import { createCancel } from './cancel.ts';
import { createIntake } from './intake.ts';
import type { Row } from '../record/row.ts';
import { own, requestOf, type Own } from '../tiny.testing.ts';
import { startWorker } from './worker.ts';

const SLOW = join(import.meta.dirname, 'slowChild.testing.ts');
const HEAD = 'product_description,Category\n';

/** A trainer without its process: the intake by hand, the worker as it is. childProgram: what trains. */
async function trainer(t: TestContext, bench: Bench, mine: Own, childProgram?: string) {
  // A small base corpus: what is asked here is not how well it learns.
  const baseCorpus = `s3://dataset/train/base-${mine.model}.csv`;
  await mine.artifacts.write(baseCorpus, writeTrainingCsv(baseCorpusOf(7).slice(0, 400)));
  const settings = { ...mine.settings, baseCorpus, maxCsvBytes: 2_000_000 };
  const dead: string[] = [];
  const outcomes: string[] = [];
  const onOutcome = (outcome: string): void => void outcomes.push(outcome);
  const worker = startWorker({
    settings, env: { ...mine.env, BASE_CORPUS: baseCorpus, MAX_CSV_BYTES: '2000000' }, registry: bench.registry, ledger: mine.ledger, artifacts: mine.artifacts, log: silent,
    onOutcome, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)), ...(childProgram === undefined ? {} : { childProgram }),
  });
  closeAtEnd(t, () => worker.stop());
  const intake = createIntake({
    settings, registry: bench.registry, ledger: mine.ledger, log: silent, nowMs: Date.now, publish: () => Promise.resolve(), countDead: (reason) => dead.push(reason), onClaimed: () => Promise.resolve(worker.wake()),
    order: createCancel({ ledger: mine.ledger, artifacts: mine.artifacts, log: silent, stopRun: worker.stopRun, onOutcome }),
  });
  let offset = 0;
  const order = async (cause: string, params: object): Promise<string> => {
    const id = randomUUID();
    await bring({ ...requestOf(mine.model, cause), retrain_id: `${mine.model}/${cause}/${id}`, params_json: JSON.stringify(params) });
    return id;
  };
  const bring = async (request: RetrainRequested): Promise<void> => {
    const id = (await bench.registry.ids()).get('retrain-requests') ?? 0;
    await intake(incomingOf('retrain-requests', 0, { key: Buffer.from(mine.model), value: encode('retrain-requests', request, id), timestamp: '0', attributes: 0, offset: String((offset += 1)), headers: {} }));
  };
  const ended = (id: string): Promise<Row> => until(`${id} to end`, async () => {
    const row = await mine.ledger.row(id);
    return row?.status === 'FINISHED' || row?.status === 'FAILED' ? row : undefined;
  });
  return { order, bring, ended, dead, outcomes, worker, cancel: (id: string) => bring({ ...requestOf(mine.model, CANCEL), params_json: JSON.stringify({ id }), requested_by: 'a test' }) };
}

test('a malformed file: FAILED, with file, row and column in the reason; the file stands as it was', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { order, ended } = await trainer(t, bench, mine);
  const folder = `s3://dataset/train/${mine.model}`;
  const FILES: [name: string, content: string | Buffer, says: RegExp][] = [
    ['missing-column', 'product_description,Kind\na,b\n', /row 1: column Category missing/],
    ['unknown-category', `${HEAD}a,Beverages\nb,Toys\n`, /1 of 2 rows: row 3, Category 'Toys' is not one of/],
    ['nan', `${HEAD}NaN,Beverages\nb,\n`, /2 of 2 rows: row 2, product_description is empty \('NaN'\); row 3, Category is empty/],
    ['latin1', Buffer.from(`${HEAD}Cr\u00e8me,Beverages\n`, 'latin1'), /row 2: column product_description is not UTF-8/],
    ['no-rows', HEAD, /row 2: there is no usable row under the header/],
  ];
  // 2 GB without writing them: the server's folder takes a sparse file, as a real store takes a real one.
  const home = join(bench.logs, '..', 's3', 'data', 'dataset', 'train', mine.model);
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'huge.csv'), HEAD);
  truncateSync(join(home, 'huge.csv'), 2 * 1024 ** 3);
  const rssBefore = process.memoryUsage().rss;
  // Each file as the dataset refuses it, and three of the kinds as jobs.
  const plan = (uri: string): Plan => ({ modelName: mine.model, categories: mine.settings.categories, base: `s3://dataset/train/base-${mine.model}.csv`, files: [{ uri, saidAtMs: 1 }], badRows: 'refuse', maxCsvBytes: 2_000_000, champion: undefined, recencyWeight: 3, recencyHalfLifeMs: 1000 });
  const jobs: [string, RegExp][] = [[await order('train_csv', { train_file_s3: `${folder}/huge.csv` }), /huge.csv has 2147483648 bytes; at most 2000000 are read \(MAX_CSV_BYTES\)/]];
  for (const [name, content, says] of FILES) {
    await mine.artifacts.write(`${folder}/${name}.csv`, content);
    await assert.rejects(gather(plan(`${folder}/${name}.csv`), { ...mine, registry: bench.registry }), (error: unknown) => error instanceof LoopError && error.kind === 'poison' && says.test(error.message) && error.message.startsWith(`${folder}/${name}.csv: `), name);
    if (name === 'nan') jobs.push([await order('train_csv', { train_file_s3: `${folder}/${name}.csv` }), says]);
  }
  jobs.push([await order('human_feedback', { train_dir_s3: `${folder}/empty/` }), /no \.csv file in/]);
  for (const [id, says] of jobs) {
    const row = await ended(id);
    assert.deepEqual([row.status, row.outcome, row.weights_s3], ['FAILED', 'error', null]);
    assert.match(row.outcome_reason ?? '', says);
  }
  for (const [name, content] of FILES) assert.deepEqual(await mine.artifacts.read(`${folder}/${name}.csv`), Buffer.from(content));
  assert.ok(process.memoryUsage().rss - rssBefore < 300_000_000);
});

test('cancel: a waiting job ends at once, a running one is killed; both rows say by whom, and the next job runs', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { order, ended, cancel, outcomes } = await trainer(t, bench, mine, SLOW);
  const [running, waiting, next] = [await order('manual', {}), await order('manual', {}), await order('manual', {})];
  await until('the first to run', async () => ((await mine.ledger.row(running))?.progress != null ? true : undefined));
  await cancel(waiting);
  assert.deepEqual([(await ended(waiting)).outcome_reason, (await mine.ledger.row(running))?.status], ['cancelled by a test', 'RUNNING']);
  await cancel(running);
  const row = await ended(running);
  assert.deepEqual([row.status, row.outcome, row.outcome_reason], ['FINISHED', 'cancelled', 'cancelled by a test']);
  await until('the next one', async () => ((await mine.ledger.row(next))?.status === 'RUNNING' ? true : undefined));
  // An order that comes again, or too late, changes nothing; one for nobody is no harm.
  await cancel(running);
  await cancel(randomUUID());
  await cancel(next);
  await ended(next);
  // A row ends before its outcome is counted.
  assert.deepEqual(await until('three outcomes', () => (outcomes.length >= 3 ? outcomes : undefined)), ['cancelled', 'cancelled', 'cancelled']);
  const report = JSON.parse((await mine.artifacts.read(`s3://models/${mine.model}/runs/${waiting}.json`)).toString()) as { outcome: string };
  assert.equal(report.outcome, 'cancelled');
});

test('a folder of verified files: feedback on the predictions, the subset stored and trained on; the same folder again is no second label', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { order, ended, dead, bring } = await trainer(t, bench, mine);
  const feedback = await watch(t, bench, 'feedback');
  const dir = `s3://dataset/human_feedback/${mine.model}`;
  await mine.artifacts.write(`${dir}/a.csv`, `prediction_id,product_description,HUMAN_VERIFIED_Category\n${mine.model}-1,Quillfern Water,Beverages\n,Quillfern Water Still,Beverages\n${mine.model}-2,Not looked at,\n`);
  await mine.artifacts.write(`${dir}/deep/b.CSV`, `product_description,HUMAN_VERIFIED_Category,prediction_id\nQuillfern Soap,Household & Personal Care,${mine.model}-3\nbad,Toys,\n`);
  await mine.artifacts.write(`${dir}/notes.txt`, 'not a table');
  const refused = await ended(await order('human_feedback', { train_dir_s3: dir }));
  assert.match(refused.outcome_reason ?? '', /b\.CSV: refused 1 of 2 rows: row 3, HUMAN_VERIFIED_Category 'Toys'.*on_bad_rows/);
  const first = await order('human_feedback', { train_dir_s3: `${dir}/`, epoch_num: 1, on_bad_rows: 'set_aside' });
  const row = await ended(first);
  assert.equal(row.outcome, 'promoted', row.outcome_reason ?? '');
  const subset = (await mine.artifacts.read(`s3://dataset/train/human_verified_subset_from_job_${first}.csv`)).toString();
  assert.equal(subset, `product_description,Category,prediction_id\nQuillfern Water,Beverages,${mine.model}-1\nQuillfern Water Still,Beverages,\nQuillfern Soap,Household & Personal Care,${mine.model}-3\n`);
  const report = JSON.parse(row.report ?? '{}') as { verified: { set_aside: number; set_aside_file: string; feedback: number }; counts: { labelled: number } };
  assert.deepEqual([report.verified.set_aside, report.verified.feedback, report.counts.labelled], [1, 2, 3]);
  assert.match((await mine.artifacts.read(report.verified.set_aside_file)).toString(), /deep\/b\.CSV,3,HUMAN_VERIFIED_Category,'Toys'|deep\/b\.CSV,3,HUMAN_VERIFIED_Category,"'Toys'/);
  const again = await ended(await order('human_feedback', { train_dir_s3: dir, epoch_num: 1, on_bad_rows: 'set_aside' }));
  assert.notEqual(again.outcome, 'error', again.outcome_reason ?? '');
  const mineOf = () => feedback.filter((event) => event.prediction_id.startsWith(mine.model));
  await until('the feedback of both', () => (mineOf().length === 4 ? true : undefined));
  assert.deepEqual([new Set(mineOf().map((event) => event.feedback_id)).size, new Set(mineOf().map((event) => event.source))], [2, new Set(['human_feedback'])]);
  // What was given to the champion is kept by the next training, and is not new to it.
  const rows = (await mine.artifacts.read(again.dataset_path ?? '')).toString().split('\n').filter((line) => line.includes('Quillfern'));
  assert.equal(rows.length, 3);
  assert.ok(rows.every((line) => line.includes(',given,') && line.endsWith(',0')), rows.join('\n'));
  await bring({ ...requestOf(mine.model, 'train_csv'), params_json: '{"train_file_s3": "s3://models/secret.csv"}' });
  assert.deepEqual(dead, ['unusable_request']);
});
