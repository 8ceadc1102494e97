// Metadata with ids of topics: what is asked byte for byte, what is answered field by field, and who is asked in which version.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerOf } from './metadata.testing.ts';
import { stockMetadata } from './install.ts';
import { decodeMetadata, encodeMetadataRequest } from './metadata.ts';

const ID = '00112233445566778899aabbccddeeff';
/** Written by MetadataResponseData of kafka-clients 4.3.1, version 10, with the tags of its header before it. Its MetadataRequestData reads the requests below to the last byte. */
const GOLDEN = '000000000702000000010a6c6f63616c686f737400002384000008636c7573746572000000010300000c70726564696374696f6e7300112233445566778899aabbccddeeff00030000000000000000000100000005030000000100000002020000000101000000000000010000000100000005030000000100000002020000000101008000000000000305676f6e6500000000000000000000000000000000000180000000008000000000';
const TOPICS = [{ name: 'predictions', id: ID, partitions: [0, 1] }, { name: 'gone', id: '00'.repeat(16), partitions: [], error: 3 }];

test('a request names topics after the tags of its header', () => {
  const none = '00'.repeat(16);
  assert.equal(encodeMetadataRequest(['ab', 'c'], false).toString('hex'), `0003${none}03616200${none}026300${'00000000'}`);
  assert.equal(encodeMetadataRequest([], true).toString('hex'), '000001000000', 'no topics: all, which is a list that is not there');
});
test('an answer is what kafkajs takes it for, and every partition carries the id of its topic', () => {
  assert.equal(answerOf(TOPICS).toString('hex'), GOLDEN);
  assert.deepEqual(decodeMetadata(Buffer.from(GOLDEN, 'hex')), {
    throttleTime: 0, clientSideThrottleTime: 7, brokers: [{ nodeId: 1, host: 'localhost', port: 9092, rack: null }], clusterId: 'cluster', controllerId: 1,
    topicMetadata: [
      { topicErrorCode: 0, topic: 'predictions', topicId: ID, isInternal: false, partitionMetadata: [0, 1].map((partitionId) => ({ partitionErrorCode: 0, partitionId, leader: 1, replicas: [1, 2], isr: [1], offlineReplicas: [], topicId: ID })) },
      { topicErrorCode: 3, topic: 'gone', topicId: '', isInternal: false, partitionMetadata: [] },
    ],
  });
});
test('an answer that is cut short or goes on is told as damaged', () => {
  const whole = answerOf([{ name: 'predictions', id: ID, partitions: [0] }]);
  for (let length = 0; length < whole.length; length += 1) assert.throws(() => decodeMetadata(whole.subarray(0, length)), { code: 'bad_metadata' });
  assert.throws(() => decodeMetadata(Buffer.concat([whole, Buffer.from([0])])), { code: 'bad_metadata' });
});
test('a broker is asked in the version with ids, an older one in the newest the client has of its own', async () => {
  const { createRequire } = await import('node:module');
  const ours = createRequire(import.meta.url)('kafkajs/src/protocol/requests/metadata/index.js') as typeof stockMetadata;
  const asked = (version: number): number | undefined => ours.protocol({ version })?.({ topics: ['a'] }).request.apiVersion;
  assert.deepEqual([4, 6, 7, 9, 10].map(asked), [4, 6, 6, 6, 10]);
  assert.equal(Math.max(...ours.versions.map(Number)), 10);
  assert.equal(Math.max(...stockMetadata.versions.map(Number)), 6);
});
