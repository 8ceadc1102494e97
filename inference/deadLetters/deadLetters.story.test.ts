// Dead letters on the real loop: records nobody can use are listed with their reasons and bytes, and one is sent again after its cause has gone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { readToEnd } from '../../consumers/readToEnd.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { createKafka } from '../../producers/kafka.ts';
import { topicSpecs, type TopicName } from '../../schemas/topics.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { openBench, until } from '../../stack/testing.ts';

const GZIP = 1;
type Letter = { id: string; topic: string; reason: string; error: string; key: string | null; bytes_base64: string | null; length: number; text: string | null; resent: boolean };
type Letters = { items: Letter[]; next: string | null };

test('poison is listed from the end backwards, filtered and page by page; sent again it comes back as poison, once', async (t) => {
  const bench = await openBench(t);
  const url = `http://127.0.0.1:${bench.settings.inferencePort}/v1/dead-letters`;
  const headers = { authorization: `Bearer ${bench.tokens['admin'] ?? ''}` };
  const list = async (query: Record<string, string>): Promise<Letters> => {
    const answer = await fetch(`${url}?${new URLSearchParams(query).toString()}`, { headers });
    assert.equal(answer.status, 200, await answer.clone().text());
    return (await answer.json()) as Letters;
  };
  const mark = randomUUID();
  const bytes = Buffer.from(`not avro ${mark}`);
  const blank = { product_id: `blank-${mark}`, prediction_id: null, model_name: 'grocery', product_description: ' ', sent_at: 0 };
  await bench.publisher.send([{ topic: 'products', key: `bytes-${mark}`, raw: bytes }]);
  const mine = (letters: Letters): Letter[] => letters.items.filter((one) => one.key?.endsWith(mark));
  const [first] = await until('the poison is listed', async () => {
    const found = mine(await list({ topic: 'products' }));
    return found.length > 0 ? found : undefined;
  });
  assert.ok(first !== undefined);
  assert.deepEqual([first.topic, first.reason, first.key, Buffer.from(first.bytes_base64 ?? '', 'base64'), first.length, first.text, first.resent], ['products', 'not_framed', `bytes-${mark}`, bytes, bytes.length, `not avro ${mark}`, false]);
  await bench.publisher.send([{ topic: 'products', key: `blank-${mark}`, value: blank }]);
  const [second] = await until('an event that was refused is listed, and told as JSON', async () => {
    const found = mine(await list({ limit: '5' }));
    return found[0]?.reason === 'refused' ? found : undefined;
  });
  assert.deepEqual(JSON.parse(second?.text ?? ''), blank);
  assert.deepEqual(mine(await list({ topic: 'feedback' })), []);
  const page = await list({ limit: '1', topic: 'products' });
  const next = await list({ limit: '1', topic: 'products', before: page.next ?? '' });
  assert.deepEqual([page.items[0]?.id, next.items[0]?.id], [second?.id, first.id]);

  const resend = async (query = ''): Promise<number> => (await fetch(`${url}/${encodeURIComponent(first.id)}/resend${query}`, { method: 'POST', headers })).status;
  assert.deepEqual((await Promise.all([resend(), resend()])).sort(), [202, 409]);
  const back = await until('nothing was mended: it comes back', async () => {
    const found = mine(await list({ topic: 'products' }));
    return found.length === 3 ? found : undefined;
  });
  assert.deepEqual(back.map(({ reason, bytes_base64, resent }) => [reason, bytes_base64 === first.bytes_base64, resent]), [['not_framed', true, false], ['refused', false, false], ['not_framed', true, true]]);
  assert.equal(await resend('?again=true'), 202);
});

test('from the keyboard: listed without texts, looked at with them, purged; a record the broker would not take again jams nobody', async (t) => {
  const bench = await openBench(t);
  const { settings } = bench;
  const mark = randomUUID();
  const loop = (...words: string[]): Promise<{ code: number | null; out: string }> => new Promise((done) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'dead-letters', ...words], { cwd: PROJECT_DIR, env: { ...bench.env, NO_COLOR: '1' }, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.once('close', (code) => done({ code, out }));
  });
  const headers = { authorization: `Bearer ${bench.tokens['admin'] ?? ''}` };
  const mine = async (): Promise<Letter[]> => ((await (await fetch(`http://127.0.0.1:${settings.inferencePort}/v1/dead-letters?limit=100`, { headers })).json()) as Letters).items.filter(({ key }) => key?.startsWith(mark));

  // 30 MB of zeros are a few kilobytes to a client that packs them. A topic of ours refuses them; where somebody has changed the topic, each part that reads it has to set them aside, and go on.
  const kafka = createKafka(settings, 'test-packing');
  const [packing, admin] = [kafka.producer({ allowAutoTopicCreation: false }), kafka.admin()];
  await Promise.all([packing.connect(), admin.connect()]);
  const large = 30_000_000;
  const packed = ['products', 'feedback', 'predictions', 'retrain-requests'] as const;
  const store = (as: object): Promise<unknown> => admin.alterConfigs({ validateOnly: false, resources: topicSpecs(settings).filter(({ name }) => packed.some((one) => one === name)).map(({ name, config }) => ({ type: 2, name, configEntries: Object.entries({ ...config, ...as }).map(([key, value]) => ({ name: key, value })) })) });
  const give = (topic: TopicName): Promise<unknown> => packing.send({ topic, acks: -1, compression: GZIP, messages: [{ key: `${mark}-${topic}`, value: Buffer.alloc(large) }] });
  await assert.rejects(give('feedback'), /larger than the max message size/);
  await store({ 'compression.type': 'producer' });
  // A broker knows of it a moment later.
  for (const topic of packed) await until(`${topic} takes it`, () => give(topic).then(() => true as const, () => undefined));
  await store({});
  await Promise.all([packing.disconnect(), admin.disconnect()]);
  await bench.publisher.send([{ topic: 'feedback', key: `${mark}-secret`, raw: Buffer.from(`secret ${mark}`) }]);
  const letters = await until('all of them are set aside', async () => {
    const found = await mine();
    return found.length === 5 ? found : undefined;
  });
  assert.deepEqual(letters.map(({ topic, reason, length }) => `${topic} ${reason} ${length > 1000 ? length : 'small'}`).sort(), ['feedback not_framed small', `feedback too_large ${large}`, `predictions too_large ${large}`, `products too_large ${large}`, `retrain-requests too_large ${large}`]);

  const listed = await loop('list', '--topic', 'feedback');
  assert.deepEqual([listed.code, listed.out.includes(`secret ${mark}`), listed.out.includes('not_framed')], [0, false, true]);
  const numberOf = (reason: string): string => letters.find((one) => one.reason === reason && one.topic === 'feedback')?.id.split(':').at(-1) ?? '';
  const secret = numberOf('not_framed');
  const inspected = await loop('inspect', secret);
  for (const part of [`secret ${mark}`, '0000  73 65 63 72 65 74 20', 'purge them', `by join ${packageJson.version}`]) assert.ok(inspected.out.includes(part), `${part}\n${inspected.out}`);
  const refused = await loop('resend', numberOf('too_large'), '--json');
  assert.deepEqual([refused.code, /too large.*feedback, partition/.test(refused.out)], [1, true]);

  const kept = new Map<string, Readonly<Record<string, string>>>();
  await readToEnd({ settings, clientId: 'test-headers', topics: ['dead-letters'], onRecord: ({ offset, headers: said }) => Promise.resolve(void kept.set(String(offset), said)) });
  const { time = '', offset, partition, error, ...said } = kept.get(secret) ?? {};
  assert.deepEqual(said, { topic: 'feedback', reason: 'not_framed', process: 'join', 'process-version': packageJson.version });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 600_000 && Number(offset) >= 0 && Number(partition) >= 0 && (error ?? '').length > 10);

  const numbers = letters.map(({ id }) => id);
  const counted = JSON.parse((await loop('purge', ...numbers, '--dry-run', '--json')).out) as { status: string; purged: number; kept: number };
  assert.deepEqual([counted.status, counted.purged], ['counted', 5]);
  assert.equal((await mine()).length, 5);
  const purged = await loop('purge', ...numbers);
  assert.deepEqual([purged.code, purged.out.startsWith('5 purged, ')], [0, true]);
  assert.deepEqual(await mine(), []);
  assert.equal((await loop('inspect', secret)).code, 1);
});
