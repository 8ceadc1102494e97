import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../schemas/settings.ts';
import { topicSpecs, type TopicSpec } from '../schemas/topics.ts';
import { configAfter, driftLine, driftOf, type FoundTopic } from './topicDrift.ts';

const spec: TopicSpec = { name: 'predictions', partitions: 4, replicas: 1, config: { 'message.timestamp.type': 'LogAppendTime', 'cleanup.policy': 'delete', 'retention.ms': '86400000', 'retention.bytes': '-1' } };
const found = (config: Record<string, string> = {}, more: Partial<FoundTopic> = {}): FoundTopic => ({ name: 'predictions', partitions: 4, replicas: 1, config: { ...spec.config, 'max.message.bytes': '9', 'segment.ms': '7', ...config }, own: new Set(['retention.ms', 'cleanup.policy', 'max.message.bytes']), ...more });
const brief = (one: FoundTopic | undefined, asked = spec) => driftOf([asked], one === undefined ? [] : [one]).map(({ what, kind }) => `${what} ${kind}`);

test('what differs, and whether changing it loses anything', () => {
  const three = { ...spec, replicas: 3, config: { ...spec.config, 'min.insync.replicas': '2' } };
  const TABLE: [what: string, found: FoundTopic | undefined, asked: TopicSpec, expected: string[]][] = [
    ['as asked', found(), spec, []],
    ['absent', undefined, spec, ['topic safe']],
    ['kept too short', found({ 'retention.ms': '1000' }), spec, ['retention.ms safe']],
    ['kept longer than asked', found({ 'retention.ms': '99999999999' }), spec, ['retention.ms loses']],
    ['kept for ever', found({ 'retention.ms': '-1' }), spec, ['retention.ms loses']],
    ['asked for ever', found(), { ...spec, config: { 'retention.ms': '-1' } }, ['retention.ms safe']],
    ['bounded in bytes', found({ 'retention.bytes': '1000' }), spec, ['retention.bytes safe']],
    ['compacted', found({ 'cleanup.policy': 'compact' }), spec, ['cleanup.policy loses']],
    ['times of the producer', found({ 'message.timestamp.type': 'CreateTime' }), spec, ['message.timestamp.type safe']],
    ['other width', found({}, { partitions: 3 }), spec, ['partitions fixed']],
    ['too few copies', found({}, { replicas: 1 }), three, ['replicas fixed', 'min.insync.replicas fixed']],
    ['copies, but one is enough to write', found({ 'min.insync.replicas': '1' }, { replicas: 3 }), three, ['min.insync.replicas safe']],
    ['stricter than asked', found({ 'min.insync.replicas': '3' }, { replicas: 3 }), three, ['min.insync.replicas loses']],
    ['more copies than asked', found({}, { replicas: 3 }), spec, []],
  ];
  for (const [what, one, asked, expected] of TABLE) assert.deepEqual(brief(one, asked), expected, what);
});
test('what is changed keeps the settings of a topic that are not ours, and makes none of those of the broker its own', () => {
  const topic = found({ 'retention.ms': '1000' });
  assert.deepEqual(configAfter(topic, driftOf([spec], [topic])), { 'retention.ms': '86400000', 'cleanup.policy': 'delete', 'max.message.bytes': '9' });
});
test('law: done once, nothing differs but what is fixed', () => {
  for (const config of [{ 'retention.ms': '5' }, { 'retention.ms': '-1' }, { 'cleanup.policy': 'compact', 'retention.bytes': '3' }]) {
    const topic = found(config);
    const after = { ...topic, config: { ...topic.config, ...configAfter(topic, driftOf([spec], [topic])) } };
    assert.deepEqual(driftOf([spec], [after]), []);
  }
});
test('a line says what is, what should be and what it costs', () => {
  const [drift] = driftOf([spec], [found({ 'retention.ms': '-1' })]);
  assert.ok(drift !== undefined);
  assert.equal(driftLine(drift), 'predictions  retention.ms is for ever, the settings ask for 86400000 (1 days)  loses: records that are kept now would be deleted');
});
test('copies: one by default; with three, two must have a record', () => {
  const specs = (replicas: string): readonly TopicSpec[] => topicSpecs(readSettings({ REPLICATION_FACTOR: replicas }));
  assert.ok(specs('1').every(({ replicas, config }) => replicas === 1 && config['min.insync.replicas'] === undefined));
  assert.ok(specs('3').every(({ replicas, config }) => replicas === 3 && config['min.insync.replicas'] === '2'));
  assert.ok(specs('2').every(({ config }) => config['min.insync.replicas'] === undefined), 'with two, one that is away must not stop writing');
});
