// PROMOTE=ask and probation on the real servers: an admin's word goes by HTTP and Kafka to the trainer, counts once, and survives its death.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { baseCorpus } from '../../producers/catalogue.ts';
import { createKafka, silent } from '../../producers/kafka.ts';
import { writeTrainingCsv } from '../../schemas/csv.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { closeAtEnd, openBench, startProcess, until, watch, type Bench } from '../../stack/testing.ts';
import type { Row } from '../record/row.ts';
import { isHoldOut } from '../data/split.ts';
import { own, promoteTiny, requestOf, taken, tinyTrained, type Own } from '../tiny.testing.ts';
import { startWorker, type Worker } from '../jobs/worker.ts';

const CORPUS = baseCorpus(7).slice(0, 1500);
const corpusOf = ({ model }: Own): string => `s3://dataset/train/${model}.csv`;
const rowOf = ({ ledger, model }: Own, id: string, status: 'ended' | 'awaiting'): Promise<Row> =>
  until(`${id} is ${status}`, async () => (await ledger.latest(200)).find((row) => row.model_name === model && (row.id === id || row.retrain_id === id) && (status === 'awaiting' ? row.approval === 'awaiting' && row.status === 'PENDING' : row.status === 'FINISHED' || row.status === 'FAILED')));
function start(t: TestContext, bench: Bench, { settings, env, ledger, artifacts }: Own): Worker {
  const worker = startWorker({ settings, env, registry: bench.registry, ledger, artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)) });
  closeAtEnd(t, () => worker.stop());
  return worker;
}
/** What earlier tests have ordered is none of this trainer's business. */
async function skipOldRequests({ settings }: Bench): Promise<void> {
  const admin = createKafka(settings, 'test-skip').admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets('retrain-requests');
  await admin.setOffsets({ groupId: 'trainer', topic: 'retrain-requests', partitions: ends.map(({ partition, high }) => ({ partition, offset: high })) });
  await admin.disconnect();
}

test('by HTTP: a passed run waits and blocks nobody; approved once, however often it is said and whoever dies; declined with a reason; judged again when the champion has changed', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { model, ledger, artifacts } = mine;
  await skipOldRequests(bench);
  await artifacts.write(corpusOf(mine), writeTrainingCsv(CORPUS));
  const models = await watch(t, bench, 'models');
  const eventsOf = (): [number, string][] => models.filter((event) => event.model_name === model).map((event) => [event.promotion_seq, event.model_version]);
  await firstVersion(mine);
  const [second, third] = [await wait(mine, 2, 600_000), await wait(mine, 3, 600_000)];
  const env = { MODEL_NAME: model, PROMOTE: 'ask', BASE_CORPUS: corpusOf(mine), EPOCHS: '2', LEASE_MS: mine.env['LEASE_MS'] ?? '' };
  const trainer = startProcess(t, bench, 'trainer/main.ts', env);
  startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: model });
  const url = `http://127.0.0.1:${bench.settings.inferencePort}`;
  const post = async (scope: string, path: string, body: object): Promise<{ status: number; body: Record<string, string> }> => {
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${bench.tokens[scope] ?? ''}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, string> };
  };
  const say = (kind: 'approve' | 'decline', run: Row) => post('admin', `/v1/models/${model}/runs/${run.id}/${kind}`, { by: 'ann' });
  const servesV = (version: string): Promise<true> => until(`${version} serves`, async () => ((await fetch(`${url}/health/ready`).then((answer) => answer.json() as Promise<{ model_version?: string }>, () => undefined))?.model_version === version ? true : undefined));
  // It is trained although two others wait.
  const first = await rowOf(mine, (await until('the service answers', () => post('train', '/v1/retrain', {}).catch(() => undefined))).body['retrain_id'] ?? '', 'awaiting');
  assert.deepEqual([first.outcome, first.outcome_reason, first.promotion_seq], [null, null, null]);
  assert.ok(Math.abs(Number(first.approve_until) - Date.now() - bench.settings.approveWithinMs) < 120_000);
  assert.match((await artifacts.read(first.report_s3 ?? '')).toString(), /The candidate may replace v1/);
  const listed = (await (await fetch(`${url}/v1/models/${model}/runs/awaiting`, { headers: { authorization: `Bearer ${bench.tokens['predict'] ?? ''}` } })).json()) as { runs: { id: string }[] };
  assert.deepEqual(listed.runs.map(({ id }) => id), [second.id, third.id, first.id]);
  assert.equal((await post('train', `/v1/models/${model}/runs/${first.id}/approve`, {})).status, 403);

  const loop = (...args: string[]): Promise<{ stdout: string }> => promisify(execFile)(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: { ...bench.env, MODEL_NAME: model } });
  assert.match((await loop('approve')).stdout, new RegExp(`${first.id} .*manual .*F1 0`));
  assert.match((await loop('decline', third.id, '--why', 'not now')).stdout, /ended as rejected: declined by .+: not now/);
  const declined = await rowOf(mine, third.id, 'ended');
  assert.deepEqual([declined.outcome, declined.promotion_seq], ['rejected', null]);
  assert.equal((await say('approve', third)).status, 409);

  await trainer.kill9();
  for (let n = 0; n < 2; n += 1) assert.equal((await say('approve', first)).status, 202);
  assert.equal((await say('decline', first)).status, 202);
  startProcess(t, bench, 'trainer/main.ts', env);
  const approved = await rowOf(mine, first.id, 'ended');
  assert.deepEqual([approved.outcome, approved.model_version, Number(approved.promotion_seq), approved.weights_sha256], ['promoted', 'v2', 2, first.weights_sha256]);
  assert.match(approved.outcome_reason ?? '', /^approved by ann \(local-admin\); not worse anywhere/);
  await servesV('v2');

  // It was judged against v1, and v2 serves: trained and judged again, it is as good as v2 and no better.
  assert.equal((await say('approve', second)).status, 202);
  const again = await rowOf(mine, second.id, 'ended');
  assert.deepEqual([again.outcome, again.champion_version, again.promotion_seq], ['rejected', 'v2', null]);
  assert.match(again.outcome_reason ?? '', /better nowhere/);
  assert.deepEqual(eventsOf(), [[2, 'v2']]);
  assert.deepEqual(await ledger.awaiting(model), []);
});

/** A run that waits, made by hand. */
async function wait(mine: Own, n: number, withinMs: number): Promise<Row> {
  const { ledger, model } = mine;
  await ledger.claim(requestOf(model, 'manual', { retrain_id: `${model}/manual/${n}` }), 0, BigInt(n));
  const { row, lease } = await taken(ledger);
  await ledger.record(lease, await tinyTrained(mine, row.id, n), await ledger.champion(model));
  await ledger.await(lease, withinMs);
  return row;
}
/** v1, standing and ended. */
async function firstVersion(mine: Own): Promise<void> {
  await promoteTiny(mine, 1);
  const { lease } = await taken(mine.ledger);
  assert.equal(await mine.ledger.finish(lease, 'promoted', ''), true);
}
const withCorpus = (mine: Own): Own => ({ ...mine, settings: { ...mine.settings, baseCorpus: corpusOf(mine) }, env: { ...mine.env, BASE_CORPUS: corpusOf(mine), EPOCHS: '2' } });

test('the first word counts, and only until the deadline; a run that nobody approves is declined by it', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model } = mine;
  const word = (kind: 'approve' | 'decline', row: Row) => ledger.decide({ kind, modelName: model, runId: row.id, by: 'ann', why: undefined });
  await firstVersion(mine);
  const run = await wait(mine, 2, 600_000);
  assert.equal(await ledger.take(), undefined, 'what waits is not worked on');
  assert.equal(await word('decline', run), 'decided');
  const standing = await word('approve', run);
  assert.ok(standing !== undefined && standing !== 'decided' && standing.approval === 'declined');
  assert.equal(await ledger.decide({ kind: 'approve', modelName: model, runId: 'nobody', by: 'ann', why: undefined }), undefined);
  const { lease } = await taken(ledger);
  await ledger.finish(lease, 'rejected', 'declined by ann');
  const late = await wait(mine, 3, 1);
  await until('the deadline to pass', async () => ((await ledger.take()) === undefined ? undefined : true));
  assert.notEqual(await word('approve', late), 'decided');
  start(t, bench, mine);
  const ended = await rowOf(mine, late.id, 'ended');
  assert.deepEqual([ended.outcome, ended.approval, ended.promotion_seq], ['rejected', 'expired', null]);
  assert.match(ended.outcome_reason ?? '', /declined by deadline: nobody approved it within/);
});

test('approved, judged again and rejected, and the trainer died before it ended the row: what was rejected is not promoted', async (t) => {
  const bench = await openBench(t);
  const mine = withCorpus(own(t, bench));
  const { ledger, model, artifacts } = mine;
  await artifacts.write(corpusOf(mine), writeTrainingCsv(CORPUS.slice(0, 600)));
  await firstVersion(mine);
  const run = await wait(mine, 2, 600_000);
  await ledger.decide({ kind: 'approve', modelName: model, runId: run.id, by: 'ann', why: undefined });
  const { lease } = await taken(ledger);
  const rejected = await tinyTrained(mine, run.id, 9);
  await ledger.record(lease, { ...rejected, report: { verdict: { status: 'rejected', words: 'worse' } } }, await ledger.champion(model));
  start(t, bench, mine);
  const ended = await rowOf(mine, run.id, 'ended');
  assert.notEqual(ended.weights_sha256, rejected.stored.weightsSha256);
  assert.match(ended.outcome_reason ?? '', /^approved by ann; judged again/);
});

test('probation: a version that drifts within its first labels is left for the one before it, when that does better than a new one; once', async (t) => {
  const bench = await openBench(t);
  const mine = withCorpus(own(t, bench));
  const { ledger, model, artifacts } = mine;
  const models = await watch(t, bench, 'models');
  await artifacts.write(corpusOf(mine), writeTrainingCsv(CORPUS));
  const order = async (cause: string, n: number, evidence = '{}'): Promise<Row> => {
    const id = `${model}/${cause}/${n}`;
    await ledger.claim(requestOf(model, cause, { retrain_id: id, model_version: cause === 'drift' ? 'v2' : null, evidence_json: evidence }), 0, BigInt(n));
    return rowOf(mine, id, 'ended');
  };
  const worker = start(t, bench, mine);
  const v1 = await order('bootstrap', 1);
  assert.deepEqual([v1.outcome, v1.model_version], ['promoted', 'v1'], v1.outcome_reason ?? '');
  await worker.stop();
  // v2 says the same of everything.
  const v2 = await promoteTiny(mine, 2);
  start(t, bench, mine);
  await rowOf(mine, v2.id, 'ended');
  // The labels say what the first corpus said; the corpus of now is spoilt but for its hold-out, and so is what learns from it.
  const labels = baseCorpus(8).slice(0, 120);
  await bench.publisher.send(labels.map((row, i) => ({
    topic: 'examples' as const, key: `${model}-${i}`,
    value: { prediction_id: `${model}-${i}`, model_name: model, model_version: 'v2', product_description: row.product_description, label: row.category, predicted: 'Beverages', revision: 0, labelled_at: 1000 + i, predicted_at: 1000, source: 'test' },
  })));
  await artifacts.write(corpusOf(mine), writeTrainingCsv(CORPUS.map((row, i) => (isHoldOut(row.product_description) ? row : { ...row, category: CORPUS[(i * 7 + 1) % CORPUS.length]?.category ?? '' }))));
  const drift = await order('drift', 3, '{"labels_total":120}');
  assert.deepEqual([drift.outcome, drift.model_version, drift.champion_version, Number(drift.promotion_seq), drift.promotes], ['promoted', 'v1', 'v2', 3, v1.id], drift.outcome_reason ?? '');
  assert.deepEqual([drift.weights_sha256, drift.manifest_s3, drift.dataset_offsets], [v1.weights_sha256, v1.manifest_s3, v1.dataset_offsets]);
  assert.match(drift.outcome_reason ?? '', /^the version before wins: better on the recent rows/);
  assert.match((await artifacts.read(drift.report_s3 ?? '')).toString(), /Back from v2 to v1/);
  const event = await until('its event', () => models.find((one) => one.model_name === model && one.promotion_seq === 3));
  assert.deepEqual([event.model_version, event.restored, event.previous_version, event.weights_sha256], ['v1', true, 'v2', v1.weights_sha256]);
  assert.deepEqual(models.filter((one) => one.model_name === model).map((one) => one.promotion_seq), [1, 2, 3]);
});
