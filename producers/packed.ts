// Sends record batches that were packed elsewhere: resolved when the broker has acknowledged them (acks=all). Not idempotent, like publisher.ts: readers drop doubles by id.
import type { Kafka, TopicMessages } from 'kafkajs';
import { messageOf, transient } from '../schemas/failure.ts';
import { PackedMessage } from './wire/install.ts';
import type { PackedBatch } from './wire/packer.ts';

export type PackedSender = {
  /** Throws transient `kafka_unavailable` when the broker does not acknowledge; some of it may have been recorded. */
  send(batches: readonly PackedBatch[]): Promise<void>;
  close(): Promise<void>;
};

/** As requests: the broker takes one batch per partition in each. */
export function requestsOf(batches: readonly PackedBatch[]): PackedBatch[][] {
  const requests: PackedBatch[][] = [];
  const before = new Map<string, number>();
  for (const one of batches) {
    const place = `${one.topic}-${one.partition}`;
    const nth = before.get(place) ?? 0;
    before.set(place, nth + 1);
    (requests[nth] ??= []).push(one);
  }
  return requests;
}
function topicMessagesOf(batches: readonly PackedBatch[]): TopicMessages[] {
  const topics = new Map<string, PackedMessage[]>();
  for (const { topic, partition, bytes } of batches) {
    const message = new PackedMessage(partition, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    const list = topics.get(topic);
    if (list === undefined) topics.set(topic, [message]);
    else list.push(message);
  }
  return [...topics].map(([topic, messages]) => ({ topic, messages }));
}

export async function openPackedSender(kafka: Kafka): Promise<PackedSender> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, retry: { initialRetryTime: 50, maxRetryTime: 1000, retries: 4 } });
  await producer.connect();
  return {
    async send(batches) {
      try {
        for (const request of requestsOf(batches)) await producer.sendBatch({ acks: -1, topicMessages: topicMessagesOf(request) });
      } catch (cause) {
        throw transient('kafka_unavailable', `Kafka did not acknowledge (${messageOf(cause)})`, { cause });
      }
    },
    close: () => producer.disconnect(),
  };
}
