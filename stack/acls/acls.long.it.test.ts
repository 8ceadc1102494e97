// The loop under least rights: the four processes over SASL_SSL, each as its own user of Kafka and MySQL with nothing but schemas/acls.ts and schemas/grants.ts, tell a short story; what is not theirs is refused. ./loop test --long acls
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client as Minio } from 'minio';
import { s3Options } from '../../producers/connections.ts';
import { createKafka, silent } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { createTransactor } from '../../producers/transaction.ts';
import { PRINCIPALS, RIGHTS, type Principal } from '../../schemas/acls.ts';
import { allows, S3_PROCESSES } from '../../schemas/s3Policies.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { TOPIC_NAMES, type TopicName } from '../../schemas/topics.ts';
import { ensureCorpus, orderBootstrap } from '../bootstrap.ts';
import { MAIN, PROCESSES } from '../processes.ts';
import { aFeedback, closeAtEnd, openBench, scrape, startProcess, until } from '../testing.ts';
import { createTopics } from '../topics.ts';
import { openGuarded } from './broker.testing.ts';
import { openRecorder } from './s3Recorder.testing.ts';

const MODEL = 'guarded';
const LABELS = 30;
const DENIED = /not authorized|AUTHORIZATION_FAILED/i;
/** The client looks for the coordinator of a group or a transaction first, and is not told where. */
const DENIED_EARLY = /authoriz|coordinator/i;

test('a first model, predictions, labels, a training, a promotion and the way back, each process under its own user; what is forbidden is refused', async (t) => {
  const bench = await openBench(t);
  const guarded = await openGuarded(t, bench, { MODEL_NAME: MODEL, PARTITIONS: '2', AUTO_RETRAIN: 'off', EPOCHS: '2' });
  const { context, as } = guarded;
  const { registry } = bench;
  const setup = as('setup');
  const recorders = new Map(await Promise.all(S3_PROCESSES.map(async (name) => [name, await openRecorder(t, bench.settings.s3Endpoint)] as const)));
  const through = (name: string): Record<string, string> => {
    const recorder = recorders.get(S3_PROCESSES.find((one) => one === name) ?? 'setup');
    return recorder === undefined || !S3_PROCESSES.some((one) => one === name) ? {} : { S3_ENDPOINT: recorder.url };
  };
  await createTopics({ settings: setup });
  await orderBootstrap({ settings: { ...setup, mysqlUser: bench.settings.mysqlUser } }, registry, await ensureCorpus({ settings: as('setup', through('setup')) }, { say: () => undefined }));
  const running = PROCESSES.map((name) => startProcess(t, { ...bench, env: guarded.envOf(name), logs: context.paths.logs }, MAIN[name], through(name)));
  const send = async <T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> => {
    const answer = await fetch(`http://127.0.0.1:${context.settings.inferencePort}${path}`, { method, headers: { authorization: `Bearer ${context.secrets.tokens.admin}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return (await answer.json()) as T;
  };
  const serving = async (): Promise<number> => ((await send<{ models: { promotion_seq: number }[] }>('GET', '/v1/models')).models[0]?.promotion_seq ?? 0);
  const promoted = (seq: number): Promise<true> => until(`promotion ${seq} serves`, async () => ((await serving().catch(() => 0)) === seq ? true : undefined), 120_000);
  await promoted(1);

  const mark = randomUUID();
  const ids = Array.from({ length: LABELS }, (_, i) => `${mark}-${i}`);
  await send('POST', '/v1/predict', { items: ids.map((prediction_id) => ({ product_description: 'Kestrel Sparkling Water Lemon', prediction_id })) });
  await send('POST', '/v1/feedback', { items: ids.slice(1).map((prediction_id) => ({ prediction_id, category: 'Beverages', source: 'acls' })) });
  // A client as your own, whose partitioner is another: the join has to move the record.
  const client = as('client');
  const publisher = await createPublisher({ kafka: createKafka(client, 'client'), registry, settings: client });
  closeAtEnd(t, () => publisher.close());
  const [first = ''] = ids;
  await publisher.send([{ topic: 'feedback', key: first, partition: 1 - partitionOf(first, 2), value: { ...aFeedback(first, randomUUID(), 'Beverages'), model_name: MODEL } }, { topic: 'products', key: mark, raw: Buffer.from(`poison ${mark}`) }]);
  await until('the monitor counts every label', async () => (await send<{ live: { models: { labels: number }[] } | null }>('GET', '/v1/live')).live?.models.some(({ labels }) => labels === LABELS) || undefined);
  const letter = await until('the poison is a dead letter', async () => (await send<{ items: { id: string; key: string | null }[] }>('GET', '/v1/dead-letters')).items.find(({ key }) => key === mark));
  await send('POST', `/v1/dead-letters/${encodeURIComponent(letter.id)}/resend`, {});
  await new Minio(s3Options(bench.settings)).putObject('dataset', `${mark}.csv`, 'product_description,HUMAN_VERIFIED_Category\nSparkling Water,Beverages\nOat Milk,\n');
  const { job_id: job } = await send<{ job_id: string }>('POST', '/v1/predict/csv', { input_file_s3: `s3://dataset/${mark}.csv` });
  await until('the file is predicted', async () => ((await send<{ status: string }>('GET', `/v1/jobs/${job}`)).status === 'FINISHED' ? true : undefined));
  await send('POST', '/v1/retrain', { force: true });
  await promoted(2);
  await send('POST', `/v1/models/${MODEL}/rollback`, { why: 'to see it' });
  await promoted(3);
  const told = (await send<{ items: { action: string; outcome: string }[] }>('GET', '/v1/audit')).items.map(({ action, outcome }) => `${action} ${outcome}`);
  assert.deepEqual(told, ['rollback ordered', 'train ordered', 'resend ordered']);
  const moved = [...(await scrape(context.settings.joinPort))].find(([series]) => series.startsWith('loop_join_events_total') && series.includes('misplaced'))?.[1];
  assert.equal(moved, 1);
  for (const file of readdirSync(context.paths.logs).filter((name) => name.startsWith('test-'))) assert.doesNotMatch(readFileSync(join(context.paths.logs, file), 'utf8'), DENIED, file);
  // In order: a member that is killed keeps its place in its group for a session, and who tries the group then hears of that instead.
  await Promise.all(running.map(({ child }) => {
    const gone = new Promise((done) => child.once('close', done));
    child.kill('SIGTERM');
    return gone;
  }));
  for (const [name, { calls }] of recorders) {
    assert.ok(calls.size > 0, `${name} makes calls`);
    assert.deepEqual([...calls].filter(([, call]) => !allows(name, call)).map(([told]) => told), [], `${name}: calls its policy would refuse`);
  }

  const refused = async (what: string, work: () => Promise<unknown>, says = DENIED): Promise<void> => {
    const error: unknown = await work().then(() => undefined, (reason: unknown) => reason);
    const told = String(error instanceof Error ? [error.message, error.cause] : error);
    assert.match(told, says, `${what}: ${told}`);
  };
  const write = (who: Principal, topic: TopicName) => async (): Promise<void> => {
    const producer = createKafka(as(who), 'forbidden', silent, 0).producer();
    try {
      await producer.connect();
      await producer.send({ topic, messages: [{ key: 'x', value: 'x' }] });
    } finally {
      await producer.disconnect();
    }
  };
  const read = (who: Principal, topic: TopicName, groupId: string) => async (): Promise<void> => {
    const consumer = createKafka(as(who), 'forbidden', silent, 0).consumer({ groupId, retry: { retries: 0, restartOnFailure: () => Promise.resolve(false) } });
    const end = Promise.withResolvers<undefined>();
    consumer.on(consumer.events.CRASH, ({ payload }) => end.reject(payload.error));
    consumer.on(consumer.events.FETCH, () => end.resolve(undefined));
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({ eachMessage: () => Promise.resolve() });
      await end.promise;
    } finally {
      await consumer.disconnect();
    }
  };
  let tried = 0;
  for (const who of PRINCIPALS) {
    const { reads, writes, groups } = RIGHTS[who];
    for (const topic of TOPIC_NAMES.filter((one) => !writes.includes(one))) await refused(`${who} writes ${topic}`, write(who, topic)).finally(() => (tried += 1));
    const group = groups.find((one) => one.endsWith('*'))?.replace('*', randomUUID()) ?? groups[0];
    for (const topic of TOPIC_NAMES.filter((one) => !reads.includes(one))) await refused(`${who} reads ${topic}`, read(who, topic, group ?? 'none')).finally(() => (tried += 1));
    await refused(`${who} in another's group`, read(who, reads[0] ?? 'products', 'somebody-elses'), DENIED_EARLY).finally(() => (tried += 1));
    await refused(`${who} with another's transactional id`, () => createTransactor({ kafka: createKafka(as(who), 'forbidden', silent, 0), registry, settings: as(who), transactionalId: 'somebody-elses-0' }), DENIED_EARLY).finally(() => (tried += 1));
  }
  // The measure can fail: what is allowed goes through.
  await read('client', 'predictions', `client-${mark}`)();
  t.diagnostic(`S3: ${[...recorders].map(([name, { calls }]) => `${name} ${calls.size} calls`).join(', ')}, none beyond its policy (the policies are not enforced here)`);
  t.diagnostic(`3 promotions, ${LABELS} labels, 1 record moved, 1 dead letter sent again under least rights; ${tried} forbidden acts refused`);
});
