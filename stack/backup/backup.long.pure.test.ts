// ./loop test --long backup: a stack that has trained and been corrected is backed up, thrown away, and brought back in another place, at other ports. It must go on there as if nothing had happened.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Client as Minio } from 'minio';
import { s3Options } from '../../producers/connections.ts';
import { createKafka } from '../../producers/kafka.ts';
import { TOPIC_NAMES } from '../../schemas/topics.ts';
import { openContext, type Context, type Env } from '../context.ts';
import { DEMO_SETTINGS } from '../demo/settings.ts';
import { freePortBase } from '../freePorts.ts';
import { PROJECT_DIR } from '../paths.ts';
import { urlOf } from '../processes.ts';
import { closeAtEnd, until } from '../testing.ts';
import { testEnvironment } from '../tests.ts';
import { readLogs } from '../verify/logs.ts';

// Below the ports that the kernel gives to outgoing connections: a stack stops and starts here.
const [FIRST_PORT, PORTS_BELOW] = [22_000, 23_900];
const LABELLED = 40;
type Json = Readonly<Record<string, unknown>>;

const loop = (env: Env, ...args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> => new Promise((resolve) => {
  execFile(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', ...args], { cwd: PROJECT_DIR, env: env as NodeJS.ProcessEnv, maxBuffer: 50_000_000 }, (error, stdout, stderr) => resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out: stdout + stderr }));
});
async function good(env: Env, ...args: readonly string[]): Promise<string> {
  const { code, out } = await loop(env, ...args);
  assert.equal(code, 0, `./loop ${args.join(' ')}:\n${out}`);
  return out;
}
const http = ({ settings, secrets }: Context) => async (path: string, body?: object, token = secrets.tokens.admin): Promise<Json> => {
  const answer = await fetch(`${urlOf(settings, 'inference')}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (await answer.json()) as Json;
};

/** Where every partition of our topics begins and ends, and how far every group is. (Kafka's own topics and the registry's grow with every start.) */
async function positionsOf({ settings }: Context): Promise<unknown> {
  const admin = createKafka(settings, 'test-backup').admin();
  await admin.connect();
  try {
    const ends = await Promise.all(TOPIC_NAMES.map(async (topic) => [topic, (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => `${partition}: ${low}-${high}`).sort()]));
    const groups = await Promise.all(['join-positions', 'monitor-positions', 'inference-positions', 'trainer'].map(async (groupId) => [groupId, (await admin.fetchOffsets({ groupId })).map(({ topic, partitions }) => `${topic} ${partitions.map(({ partition, offset, metadata }) => `${partition}: ${offset} ${metadata ?? ''}`).sort().join(', ')}`).sort()]));
    return { ends, groups };
  } finally {
    await admin.disconnect();
  }
}
/** Every object with what the server says of it: its sum and its type too. */
async function objectsOf({ settings }: Context): Promise<unknown> {
  const s3 = new Minio(s3Options(settings));
  const objects: unknown[] = [];
  for (const { name: bucket } of await s3.listBuckets()) {
    objects.push(bucket);
    for await (const { name } of s3.listObjectsV2(bucket, '', true) as AsyncIterable<{ name?: string }>) {
      const { etag, size, metaData } = await s3.statObject(bucket, name ?? '');
      objects.push([bucket, name, size, etag, (metaData as Json)['content-type']]);
    }
  }
  return objects;
}
function aPlace(t: TestContext, name: string, env: (home: string) => Env): { readonly home: string; readonly env: Env } {
  const home = join(PROJECT_DIR, `.loop-backup-${name}`);
  closeAtEnd(t, async () => {
    if (existsSync(home)) await loop(env(home), 'reset', '--yes');
    rmSync(home, { recursive: true, force: true });
  });
  rmSync(home, { recursive: true, force: true });
  return { home, env: env(home) };
}

test('backed up, thrown away, brought back elsewhere: every offset, position and object is the same, labels of before are joined once, verify finds nothing', async (t) => {
  const base = await freePortBase(FIRST_PORT, PORTS_BELOW);
  const otherBase = await freePortBase(base + 20, PORTS_BELOW);
  const one = aPlace(t, 'one', (home) => ({ ...testEnvironment(process.env, home, base), ...DEMO_SETTINGS }));
  // Told nothing but its place: the settings come with the backup.
  const two = aPlace(t, 'two', (home) => ({ ...Object.fromEntries(Object.entries(testEnvironment(process.env, home, otherBase)).filter(([name]) => name !== 'PARTITIONS')) }));
  const kept = mkdtempSync(join(tmpdir(), 'loop-backup-'));
  closeAtEnd(t, () => rmSync(kept, { recursive: true, force: true }));
  const dir = join(kept, 'backup');

  await good(one.env, 'up');
  const before = openContext(one.env, { create: false });
  const ask = http(before);
  const ids = Array.from({ length: LABELLED + 2 }, (_, i) => `kept-${i}`);
  const [waiting = '', corrected = ''] = ids.slice(LABELLED);
  await ask('/v1/predict', { items: ids.map((prediction_id, i) => ({ product_description: `Kestrel Oat Milk ${i} L`, prediction_id })) });
  for (const id of ids) if (id !== waiting) await ask('/v1/feedback', { prediction_id: id, category: 'Beverages', source: 'a test' });
  await until('all are examples', async () => ((await readLogs(before.settings, ['examples'])).examples.size >= LABELLED + 1 ? true : undefined));
  const trained = await loop(one.env, 'train', '--epochs', '1');
  assert.ok([0, 3].includes(trained.code), trained.out);
  const token = /^\s*(\S{20,})\s*$/m.exec(await good(one.env, 'token', 'new', 'friend', '--scopes', 'predict'))?.[1] ?? '';
  await good(one.env, 'verify');
  const runs = await good(one.env, 'runs', '--json');
  const text = { product_description: 'Sparkling Water Lemon' };
  const judged = ({ model_version, category, probabilities }: Json): unknown => ({ model_version, category, probabilities });
  const answered = judged(await ask('/v1/predict', text));
  assert.match((await loop(one.env, 'backup', dir)).out, /runs \(supervisor, inference, .*kafka.*\): \.\/loop down first/);
  await good(one.env, 'down');
  // Positions are taken when our processes rest: closing, they may still write.
  await good(one.env, 'up', '--services-only');
  const [positions, objects] = [await positionsOf(before), await objectsOf(before)];
  await good(one.env, 'down');

  const said = await good(one.env, 'backup', dir);
  assert.match(said, /copying {2}kafka[\s\S]*comparing[\s\S]*backed up .*\.loop-backup-one: .*MB in \d+ files/);
  console.log(said);
  await good(one.env, 'reset', '--yes');
  console.log(await good(two.env, 'restore', dir));
  await good(two.env, 'up', '--services-only');
  const after = openContext(two.env, { create: false });
  assert.equal(after.settings.kafkaBootstrap, `127.0.0.1:${otherBase}`);
  assert.deepEqual(await positionsOf(after), positions);
  assert.deepEqual(await objectsOf(after), objects);
  await good(two.env, 'up');
  await good(two.env, 'verify');
  assert.equal(await good(two.env, 'runs', '--json'), runs);
  const askAgain = http(after);
  assert.deepEqual(judged(await askAgain('/v1/predict', text)), answered);
  assert.deepEqual(judged(await askAgain('/v1/predict', text, token)), answered, 'a token of before is known');
  assert.equal((await askAgain(`/v1/predictions/${waiting}`))['product_description'], `Kestrel Oat Milk ${LABELLED} L`);

  // The state is at the place where it was: what waited is joined, what was joined is corrected, nothing is told twice.
  await askAgain('/v1/feedback', { prediction_id: waiting, category: 'Beverages', source: 'a test' });
  await askAgain('/v1/feedback', { prediction_id: corrected, category: 'Household & Personal Care', source: 'a test' });
  const revisions = await until('both are joined', async () => {
    const { labelled } = await readLogs(after.settings, ['labelled']);
    return labelled.length >= LABELLED + 3 ? labelled.map(({ event }) => `${event.prediction_id} ${event.revision}`).sort() : undefined;
  });
  assert.deepEqual(revisions, [...ids.map((id) => `${id} 0`), `${corrected} 1`].sort());
  await good(two.env, 'verify');
  await good(two.env, 'down');

  // A backup with a short file changes nothing.
  const secrets = readFileSync(join(two.home, 'secrets.json'), 'utf8');
  truncateSync(join(dir, 'data/mysql/data/ibdata1'), 1000);
  assert.match((await loop(two.env, 'restore', dir)).out, /is not empty \(.*kafka.*mysql.*\)/);
  assert.match((await loop(two.env, 'restore', dir, '--replace')).out, /damaged, nothing was restored:\s+data\/mysql\/data\/ibdata1 has 1000 bytes/);
  assert.equal(readFileSync(join(two.home, 'secrets.json'), 'utf8'), secrets);
});
