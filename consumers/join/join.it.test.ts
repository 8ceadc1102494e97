// The join through the real topics: twice, early, corrected, withdrawn, misplaced, broken bytes, kill -9.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { encode } from '../../schemas/codec.ts';
import type { Labelled } from '../../schemas/events.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { readToEnd } from '../readToEnd.ts';
import { aFeedback, aPrediction, openBench, startProcess, until, watch } from '../../stack/testing.ts';

const brief = (events: readonly Labelled[], id: string): string[] => events.filter((event) => event.prediction_id === id).map((event) => `r${event.revision} ${event.previous_label ?? '-'}>${event.label ?? '-'}`);
const OTHER = 'Fresh & Perishable Items';

test('feedback twice, early, corrected, withdrawn, misplaced; bad bytes are set aside', async (t) => {
  const bench = await openBench(t);
  startProcess(t, bench, 'consumers/join/main.ts');
  const labelled = await watch(t, bench, 'labelled');
  const dead = await watch(t, bench, 'dead-letters');
  const version = `t-${randomUUID()}`;
  const id = (name: string): string => `${name}-${version}`;
  const { publisher, settings } = bench;
  const predict = (name: string) => ({ topic: 'predictions', key: id(name), value: aPrediction(id(name), version) }) as const;
  const say = (name: string, feedbackId: string, category: string | null) => ({ topic: 'feedback', key: id(name), value: aFeedback(id(name), feedbackId, category) }) as const;

  await publisher.send([say('early', '1', OTHER)]);
  await publisher.send([predict('early'), predict('twice'), predict('corrected'), predict('withdrawn'), predict('misplaced'), predict('unknown')]);
  await publisher.send([say('twice', '1', OTHER), say('twice', '1', OTHER), say('twice', '2', OTHER)]);
  await publisher.send([say('corrected', '1', OTHER), say('corrected', '2', 'Beverages')]);
  await publisher.send([say('withdrawn', '1', OTHER), say('withdrawn', '2', null)]);
  await publisher.send([say('unknown', '1', 'No Such Category')]);
  const wrong = (partitionOf(id('misplaced'), settings.partitions) + 1) % settings.partitions;
  await publisher.send([{ ...say('misplaced', '1', OTHER), partition: wrong }]);
  await publisher.send([
    { topic: 'feedback', key: id('bytes'), raw: Buffer.from('not avro at all') },
    { topic: 'feedback', key: id('schema'), raw: encode('feedback', aFeedback(id('schema'), '1', OTHER), 987_654) },
    { topic: 'feedback', key: id('key'), value: aFeedback('another-id', '1', OTHER) },
  ]);

  const WANT: [string, string[]][] = [['early', [`r0 ->${OTHER}`]], ['twice', [`r0 ->${OTHER}`]], ['corrected', [`r0 ->${OTHER}`, `r1 ${OTHER}>Beverages`]], ['withdrawn', [`r0 ->${OTHER}`, `r1 ${OTHER}>-`]], ['misplaced', [`r0 ->${OTHER}`]]];
  for (const [name, want] of WANT) await until(`${name} labelled`, () => (brief(labelled, id(name)).length >= want.length ? true : undefined));
  for (const [name, want] of WANT) assert.deepEqual(brief(labelled, id(name)), want, name);
  const reasons = ['unknown_category', 'not_framed', 'unknown_schema', 'key_differs'];
  for (const reason of reasons) await until(`dead letter ${reason}`, () => dead.find((letter) => letter.reason === reason && (letter.original_key === null || Buffer.from(letter.original_key).toString().endsWith(version))));
});

test('kill -9 in the middle: every pair exactly once', async (t) => {
  const bench = await openBench(t);
  const version = `k-${randomUUID()}`;
  const ids = Array.from({ length: 2000 }, (_, i) => `${version}-${i}`);
  const first = startProcess(t, bench, 'consumers/join/main.ts');
  const labelled = await watch(t, bench, 'labelled');
  const mine = (): number => labelled.filter((event) => event.model_version === version).length;
  await bench.publisher.send(ids.map((id) => ({ topic: 'predictions', key: id, value: aPrediction(id, version) })));
  for (let i = 0; i < ids.length; i += 100) {
    await bench.publisher.send(ids.slice(i, i + 100).map((id) => ({ topic: 'feedback', key: id, value: aFeedback(id, id, OTHER) })));
    if (i === 1000) await until('some pairs', () => (mine() > 0 ? true : undefined));
    if (i === 1000) await first.kill9();
  }
  startProcess(t, bench, 'consumers/join/main.ts');
  await until('all pairs', () => (mine() >= ids.length ? true : undefined), 90_000);
  const seen = new Map<string, number>();
  await readToEnd({
    settings: bench.settings, clientId: 'test-join', topics: ['labelled'],
    onRecord: async (record) => {
      if (record.value === null) return;
      const event = await bench.registry.decode('labelled', record.value);
      if (event.model_version === version) seen.set(event.prediction_id, (seen.get(event.prediction_id) ?? 0) + 1);
    },
  });
  assert.equal(seen.size, ids.length);
  assert.deepEqual([...seen].filter(([, times]) => times !== 1), []);
});

test('feedback for an id that never comes becomes an orphan, once, also across a restart', async (t) => {
  const bench = await openBench(t);
  const short = { EARLY_HORIZON_MS: '1000', EXPIRY_MARGIN_MS: '0' };
  const first = startProcess(t, bench, 'consumers/join/main.ts', short);
  const dead = await watch(t, bench, 'dead-letters');
  const id = `orphan-${randomUUID()}`;
  const mine = (): number => dead.filter((letter) => letter.reason === 'orphan' && letter.original_key !== null && Buffer.from(letter.original_key).toString() === id).length;
  await bench.publisher.send([{ topic: 'feedback', key: id, value: aFeedback(id, '1', OTHER) }]);
  await until('the orphan', () => (mine() === 1 ? true : undefined));
  await first.kill9();
  startProcess(t, bench, 'consumers/join/main.ts', short);
  const next = `orphan-${randomUUID()}`;
  await bench.publisher.send([{ topic: 'feedback', key: next, value: aFeedback(next, '1', OTHER) }]);
  await until('the next orphan', () => dead.find((letter) => letter.reason === 'orphan' && letter.original_key !== null && Buffer.from(letter.original_key).toString() === next));
  assert.equal(mine(), 1, JSON.stringify(dead.filter((letter) => letter.reason === 'orphan').map(({ topic, partition, offset, died_at, consumer, original_key }) => ({ topic, partition, offset, died_at, consumer, key: String(original_key) })).slice(-6)));
});
