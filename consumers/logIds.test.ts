import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ITopicMetadata } from 'kafkajs';
import { checkLogs, logIdsOf } from './logIds.ts';

const TOPICS = ['predictions', 'feedback'] as const;
const OPENED = new Map([['predictions', 'a1'], ['feedback', 'b1']] as const);
/** Ids by topic, or an error. */
type Answer = Readonly<Record<string, string | undefined>> | Error;
/** What the broker answers in turn. The last answer stands. */
function broker(...answers: readonly Answer[]) {
  let asked = 0;
  return {
    asked: () => asked,
    fetchTopicMetadata: (): Promise<{ topics: ITopicMetadata[] }> => {
      const answer = answers[Math.min(asked, answers.length - 1)];
      asked += 1;
      if (answer instanceof Error) return Promise.reject(answer);
      return Promise.resolve({ topics: Object.entries(answer ?? {}).map(([name, topicId]) => ({ name, partitions: [{ partitionErrorCode: 0, partitionId: 0, leader: 1, replicas: [], isr: [], topicId }] })) });
    },
  };
}
const missing = Object.assign(new Error('This server does not host this topic-partition'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
const retried = new Error('Number of retries exceeded', { cause: missing });
const lost = new Error('Connection closed');

const LOOKS: { name: string; answers: readonly Answer[]; want: string }[] = [
  { name: 'the same logs', answers: [{ predictions: 'a1', feedback: 'b1' }], want: 'the same' },
  { name: 'one is another', answers: [{ predictions: 'a1', feedback: 'b2' }], want: 'log_replaced' },
  { name: 'one is not there', answers: [missing], want: 'topic_missing' },
  { name: 'one is not there, after retries of the client', answers: [retried], want: 'topic_missing' },
  { name: 'the connection is lost once', answers: [lost, { predictions: 'a1', feedback: 'b1' }], want: 'the same' },
  { name: 'the connection is lost once, and one is another', answers: [lost, { predictions: 'a2', feedback: 'b1' }], want: 'log_replaced' },
  { name: 'the broker does not answer at all', answers: [lost], want: 'Connection closed' },
  { name: 'an older broker after an upgrade was taken back', answers: [{ predictions: undefined, feedback: '' }], want: 'the same' },
];
for (const { name, answers, want } of LOOKS) {
  test(`logs that were opened: ${name}`, async () => {
    const code = (error: unknown): unknown => (error instanceof Error ? (Reflect.get(error, 'code') ?? error.message) : error);
    assert.equal(await checkLogs(broker(...answers), OPENED).then(() => 'the same', code), want);
  });
}
test('where no ids are known nobody is asked', async () => {
  const one = broker(missing);
  await checkLogs(one, new Map());
  assert.equal(one.asked(), 0);
});
test('ids are those that the broker tells', async () => {
  assert.deepEqual(await logIdsOf(broker({ predictions: 'a1', feedback: undefined, other: 'c1' }), TOPICS), new Map([['predictions', 'a1']]));
});
