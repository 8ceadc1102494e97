// What the broker says of topics, in version 10 of its metadata: the first that names a topic's id. A topic that is deleted and made anew has another one; by name alone nobody can tell.
// kafkajs ends at version 6. Only the bytes are dealt with here; what the broker does not send is told as a damaged answer.
import { fatal } from '../../schemas/failure.ts';

export const METADATA_VERSION = 10;
/** As kafkajs has it; topicId: 32 hex digits, '' when the broker does not know the topic. It is told with every partition too: that is all of an answer that kafkajs's admin hands on. */
export type PartitionMetadata = { readonly partitionErrorCode: number; readonly partitionId: number; readonly leader: number; readonly replicas: readonly number[]; readonly isr: readonly number[]; readonly offlineReplicas: readonly number[]; readonly topicId: string };
export type TopicMetadata = { readonly topicErrorCode: number; readonly topic: string; readonly topicId: string; readonly isInternal: boolean; readonly partitionMetadata: readonly PartitionMetadata[] };
export type Metadata = {
  readonly throttleTime: 0; readonly clientSideThrottleTime: number; readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number; readonly rack: string | null }[];
  readonly clusterId: string | null; readonly controllerId: number; readonly topicMetadata: readonly TopicMetadata[];
};
const ID_BYTES = 16;
const NO_ID = '0'.repeat(ID_BYTES * 2);
const damaged = (): Error => fatal('bad_metadata', 'what the broker says of its topics ends too early, or goes on where it should end');

function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  for (; value > 127; value >>>= 7) bytes.push((value & 127) | 128);
  return Buffer.from([...bytes, value]);
}

/** The body of the request, with the tags that end a header of this kind before it. No topics: all of them. */
export function encodeMetadataRequest(topics: readonly string[], allowAutoTopicCreation: boolean): Buffer {
  const named = topics.map((topic) => {
    const name = Buffer.from(topic);
    return Buffer.concat([Buffer.alloc(ID_BYTES), uvarint(name.length + 1), name, Buffer.from([0])]);
  });
  // Behind the topics: whether to make what is missing, twice no word about rights, no tags.
  return Buffer.concat([Buffer.from([0]), uvarint(topics.length === 0 ? 0 : topics.length + 1), ...named, Buffer.from([allowAutoTopicCreation ? 1 : 0, 0, 0, 0])]);
}

/** Reads forward only, and nothing that is not there. */
function readerOf(bytes: Buffer) {
  let at = 0;
  const take = (length: number): number => {
    if (length < 0 || at + length > bytes.length) throw damaged();
    at += length;
    return at - length;
  };
  const length = (): number => {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[take(1)] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    throw damaged();
  };
  const int16 = (): number => bytes.readInt16BE(take(2));
  const int32 = (): number => bytes.readInt32BE(take(4));
  const text = (): string | null => {
    const size = length();
    if (size === 0) return null;
    const from = take(size - 1);
    return bytes.toString('utf8', from, from + size - 1);
  };
  const hex = (size: number): string => {
    const from = take(size);
    return bytes.toString('hex', from, from + size);
  };
  const tags = (): void => {
    for (let left = length(); left > 0; left -= 1) {
      length();
      take(length());
    }
  };
  /** Every item takes bytes: a wrong count ends with them. */
  function list<T>(one: () => T): T[] {
    const items: T[] = [];
    for (let left = length() - 1; left > 0; left -= 1) items.push(one());
    return items;
  }
  return { int16, int32, text, hex, tags, list, flag: (): boolean => bytes[take(1)] === 1, left: (): number => bytes.length - at };
}

/** bytes: an answer of version 10 behind its correlation id. Throws fatal `bad_metadata`. */
export function decodeMetadata(bytes: Buffer): Metadata {
  const read = readerOf(bytes);
  const tagged = <T>(value: T): T => {
    read.tags();
    return value;
  };
  const ints = (): number[] => read.list(read.int32);
  const partitionOf = (topicId: string) => (): PartitionMetadata => {
    const [partitionErrorCode, partitionId, leader] = [read.int16(), read.int32(), read.int32()];
    // The leader's epoch.
    read.int32();
    return tagged({ partitionErrorCode, partitionId, leader, replicas: ints(), isr: ints(), offlineReplicas: ints(), topicId });
  };
  const topicOf = (): TopicMetadata => {
    const topicErrorCode = read.int16();
    const topic = read.text() ?? '';
    const id = read.hex(ID_BYTES);
    const topicId = id === NO_ID ? '' : id;
    const isInternal = read.flag();
    const partitionMetadata = read.list(partitionOf(topicId));
    // Who may do what was not asked.
    read.int32();
    return tagged({ topicErrorCode, topic, topicId, isInternal, partitionMetadata });
  };
  read.tags();
  const clientSideThrottleTime = read.int32();
  const brokers = read.list(() => tagged({ nodeId: read.int32(), host: read.text() ?? '', port: read.int32(), rack: read.text() }));
  const [clusterId, controllerId] = [read.text(), read.int32()];
  const topicMetadata = read.list(topicOf);
  read.int32();
  read.tags();
  if (read.left() > 0) throw damaged();
  return { throttleTime: 0, clientSideThrottleTime, brokers, clusterId, controllerId, topicMetadata };
}
