// The Python snippets of the README, run as they stand: a client that knows broker and registry reads predictions and writes feedback; also with CRC32 partitioning.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { partitionOf } from '../../schemas/partition.ts';
import { openContext } from '../../stack/context.ts';
import { runProgram } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { aPrediction, openBench, startProcess, until, watch } from '../../stack/testing.ts';

const PACKAGES = ['confluent-kafka==2.11.1', 'fastavro==1.12.0'];
const OTHER = 'Fresh & Perishable Items';

/** A virtual environment in the cache, made on first use. undefined: why it cannot be made. */
async function python(cache: string): Promise<{ program: string } | { missing: string }> {
  const home = join(cache, 'python-clients');
  const program = join(home, 'bin/python');
  if (existsSync(join(home, '.ready'))) return { program };
  if (spawnSync('python3', ['-m', 'venv', '--help']).status !== 0) return { missing: 'python3 with venv is not installed' };
  try {
    await runProgram('python3', ['-m', 'venv', home]);
    await runProgram(program, ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
    await runProgram('touch', [join(home, '.ready')]);
    return { program };
  } catch (error) {
    return { missing: `pip could not install ${PACKAGES.join(' ')}: ${String(error)}` };
  }
}

test('a Python Avro client reads predictions and writes feedback, well placed and misplaced', async (t) => {
  const bench = await openBench(t);
  const { settings } = bench;
  const found = await python(openContext(process.env, { create: false }).paths.cache);
  if ('missing' in found) {
    t.skip(found.missing);
    return;
  }
  startProcess(t, bench, 'consumers/join/main.ts');
  const labelled = await watch(t, bench, 'labelled');
  const version = `py-${randomUUID()}`;
  const run = (script: string, ...args: string[]): Promise<string> => runProgram(found.program, [join(PROJECT_DIR, 'examples/python', script), settings.kafkaBootstrap, settings.registryUrl, ...args]);

  // librdkafka's own partitioner is CRC32 modulo the partitions: ids are chosen that it puts elsewhere than murmur2 does, so that the case is always met.
  const astray = (id: string): boolean => crc32(id) % settings.partitions !== partitionOf(id, settings.partitions);
  const ids = Array.from({ length: 100 }, (_, i) => `${version}-${i}`)
    .filter(astray)
    .slice(0, 4);
  await bench.publisher.send(ids.map((id) => ({ topic: 'predictions', key: id, value: aPrediction(id, version) })));
  const predictions = await watch(t, bench, 'predictions');
  const total = await until('our predictions', () => (predictions.filter((one) => one.model_version === version).length === ids.length ? predictions.length : undefined));
  const lines = (await run('read_predictions.py', String(total))).trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(lines.length, total);
  assert.ok(lines.every((line) => typeof line['prediction_id'] === 'string' && typeof line['category'] === 'string' && Array.isArray(line['probabilities'])));

  const right = await run('write_feedback.py', ids[0] ?? '', OTHER);
  assert.match(right, new RegExp(`partition ${partitionOf(ids[0] ?? '', settings.partitions)}`));
  for (const id of ids.slice(1)) {
    const partition = Number(/partition (\d+)/.exec(await run('write_feedback.py', id, OTHER, 'consistent_random'))?.[1]);
    assert.notEqual(partition, partitionOf(id, settings.partitions), `CRC32 placed ${id} where murmur2 does; the case was not tested`);
  }
  for (const id of ids) await until(`${id} labelled`, () => labelled.find((event) => event.prediction_id === id && event.label === OTHER && event.source === 'python'));
  assert.equal(labelled.filter((event) => event.model_version === version).length, ids.length);

  // The programs here read gzip alone; the topics see to it that it does not matter.
  const packed = ['gzip', 'snappy', 'lz4', 'zstd'].map((codec) => ({ codec, id: `${version}-${codec}` }));
  await bench.publisher.send(packed.map(({ id }) => ({ topic: 'predictions', key: id, value: aPrediction(id, version) })));
  for (const { codec, id } of packed) {
    await run('write_feedback.py', id, OTHER, 'murmur2_random', codec);
    await until(`${id} labelled`, () => labelled.find((event) => event.prediction_id === id && event.label === OTHER));
  }
});
