// Puts the quick record batches in the place of kafkajs's own, before kafkajs is loaded: what it sends and receives stays the same, byte for byte and message for message.
// Compressed sends, compressed batches' codecs and old message formats stay with the stock client.
import { withoutAborted, type AbortedTransaction } from '../../consumers/readCommitted.ts';
import { decodeRecordSet, type FetchedRecord } from './fetched.ts';
import { decodeMetadata, encodeMetadataRequest, METADATA_VERSION, type Metadata } from './metadata.ts';
import { encodeRecordBatch, type BatchMessage } from './recordBatch.ts';
import { loadPart as load, replace } from './replace.ts';

/** What kafkajs's encoder is asked for when a request is put together. */
type Encoded = { readonly buf: Buffer; readonly buffer: Buffer; readonly size: () => number };
const encodedAs = (buffer: Buffer): Encoded => ({ buf: buffer, buffer, size: () => buffer.length });
/** Written once, when the whole request is: until then in parts. */
class Parts implements Encoded {
  readonly parts: readonly Buffer[];
  constructor(parts: readonly Buffer[]) {
    this.parts = parts;
  }
  get buffer(): Buffer {
    return Buffer.concat(this.parts);
  }
  get buf(): Buffer {
    return this.buffer;
  }
  readonly size = (): number => this.parts.reduce((sum, one) => sum + one.length, 0);
}
type Encoder = { buffer: Buffer; writeString(text: string | null): Encoder; writeInt16(value: number): Encoder; writeInt32(value: number): Encoder };
const EncoderOf = load('protocol/encoder') as new (bytes?: number) => Encoder;

/** Stands for all the records of a batch that was packed elsewhere; the client passes it on like any message. */
export class PackedMessage implements BatchMessage {
  readonly value = null;
  readonly partition: number;
  readonly batch: Buffer;
  constructor(partition: number, batch: Buffer) {
    this.partition = partition;
    this.batch = batch;
  }
}
/** The broker takes one batch per partition and request. */
function packedIn(messages: readonly BatchMessage[]): Buffer | undefined {
  const packed = messages.find((one) => one instanceof PackedMessage);
  if (packed !== undefined && messages.length > 1) throw new RangeError('a packed batch goes alone to its partition');
  return packed?.batch;
}
type PartitionData = { readonly partition: number; readonly messages: readonly BatchMessage[]; readonly firstSequence?: number };
export type ProduceInput = { readonly acks: number; readonly timeout: number; readonly transactionalId?: string | null; readonly producerId?: unknown; readonly producerEpoch?: number; readonly compression?: number; readonly topicData: readonly { readonly topic: string; readonly partitions: readonly PartitionData[] }[] };
export type ProduceRequest = (input: ProduceInput) => { readonly encode: () => Promise<Encoded> };
/** kafkajs keeps an int64 as a bigint or as its own Long around one. */
const int64Of = (value: unknown): bigint => (typeof value === 'bigint' ? value : typeof value === 'object' && value !== null && typeof Reflect.get(value, 'value') === 'bigint' ? (Reflect.get(value, 'value') as bigint) : BigInt(String(value ?? -1)));

function encodeProduce({ acks, timeout, transactionalId = null, producerId, producerEpoch = 0, topicData }: ProduceInput, nowMs: number): Encoded {
  const parts: Buffer[] = [];
  const head = new EncoderOf(64).writeString(transactionalId).writeInt16(acks).writeInt32(timeout).writeInt32(topicData.length);
  parts.push(head.buffer);
  for (const { topic, partitions } of topicData) {
    parts.push(new EncoderOf(64).writeString(topic).writeInt32(partitions.length).buffer);
    for (const { partition, messages, firstSequence = 0 } of partitions) {
      const batch = packedIn(messages) ?? encodeRecordBatch({ messages, nowMs, transactional: Boolean(transactionalId), producerId: int64Of(producerId), producerEpoch, firstSequence });
      parts.push(new EncoderOf(8).writeInt32(Number(partition)).writeInt32(batch.length).buffer, batch);
    }
  }
  return new Parts(parts);
}
type RequestInput = { readonly correlationId: number; readonly clientId: string; readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly encode: () => Promise<Encoded> } };
export type CreateRequest = (input: RequestInput) => Promise<Encoded>;
/** The stock one copies what is sent twice more, into buffers that grow by doubling and are zeroed first. */
export const stockRequest = replace<CreateRequest>('protocol/request', () => async ({ correlationId, clientId, request: { apiKey, apiVersion, encode } }: RequestInput): Promise<Encoded> => {
  const payload = await encode();
  const head = new EncoderOf(64).writeInt16(apiKey).writeInt16(apiVersion).writeInt32(correlationId).writeString(clientId).buffer;
  return encodedAs(Buffer.concat([new EncoderOf(8).writeInt32(head.length + payload.size()).buffer, head, ...(payload instanceof Parts ? payload.parts : [payload.buffer])]));
});
export const stockProduce = replace<ProduceRequest>('protocol/requests/produce/v3/request', (stock): ProduceRequest => (input) => {
  const request = stock(input);
  return (input.compression ?? 0) !== 0 ? request : { ...request, encode: async () => encodeProduce(input, Date.now()) };
});

type Message = { readonly partition?: number };
export type Grouping = (input: { readonly topic: string; readonly partitionMetadata: readonly unknown[]; readonly messages: readonly Message[]; readonly partitioner: (input: { topic: string; partitionMetadata: readonly unknown[]; message: Message }) => number }) => Record<number, Message[]>;
/** The stock one copies a partition's list once per message. */
export const groupMessages: Grouping = ({ topic, partitionMetadata, messages, partitioner }) => {
  const groups: Record<number, Message[]> = {};
  if (partitionMetadata.length === 0) return groups;
  for (const message of messages) (groups[partitioner({ topic, partitionMetadata, message })] ??= []).push(message);
  return groups;
};
export const stockGrouping = replace<Grouping>('producer/groupMessagesPerPartition', () => groupMessages);

type SetDecoder = { readInt32(): number; canReadBytes(bytes: number): boolean; readBytes(bytes: number): Buffer; offset: number };
type DecodeMessages = (decoder: SetDecoder) => Promise<unknown[]>;
type Codec = { decompress(bytes: Buffer): Promise<Buffer> };
const { lookupCodecByAttributes } = load('protocol/message/compression/index') as { lookupCodecByAttributes: (attributes: number) => Codec };
export const stockDecodeMessages = replace<DecodeMessages>('protocol/requests/fetch/v4/decodeMessages', (stock): DecodeMessages => async (decoder) => {
  const before = decoder.offset;
  const size = decoder.readInt32();
  if (size > 0 && decoder.canReadBytes(size)) {
    const records = await decodeRecordSet(decoder.readBytes(size), (attributes, bytes) => lookupCodecByAttributes(attributes).decompress(bytes));
    if (records !== undefined) return records;
  }
  decoder.offset = before;
  return stock(decoder);
});

type PartitionFetched = { readonly messages: readonly FetchedRecord[]; readonly abortedTransactions?: readonly AbortedTransaction[] | null };
type StockBatch = new (topic: string, fetchedOffset: unknown, fetched: PartitionFetched) => { rawMessages: readonly unknown[]; messagesWithinOffset: readonly unknown[]; messages: readonly unknown[] };
/** The stock batch compares every offset as a BigInt made of text and copies the list three times. */
export const stockBatch = replace<StockBatch>('consumer/batch', (Stock) => class extends Stock {
  constructor(topic: string, fetchedOffset: unknown, fetched: PartitionFetched) {
    const plain = fetched.messages.some((one) => !('offsetNumber' in one));
    super(topic, fetchedOffset, plain ? fetched : { ...fetched, messages: [] });
    if (plain) return;
    const { messages, abortedTransactions = null } = fetched;
    const from = Number(fetchedOffset);
    const within = (messages[0]?.offsetNumber ?? from) >= from ? messages : messages.filter((one) => one.offsetNumber >= from);
    const committed = abortedTransactions === null || abortedTransactions.length === 0 ? within : withoutAborted({ messages: within, abortedTransactions });
    this.rawMessages = messages;
    this.messagesWithinOffset = within;
    this.messages = committed.some((one) => one.isControlRecord) ? committed.filter((one) => !one.isControlRecord) : committed;
  }
});

type MetadataInput = { readonly topics: readonly string[]; readonly allowAutoTopicCreation?: boolean };
type Response = { readonly decode: (bytes: Buffer) => Promise<unknown>; readonly parse: (data: Metadata) => Promise<unknown> };
type Call<Input> = (input: Input) => { readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; readonly encode: () => Promise<Encoded> }; readonly response: Response };
type Versions<Input> = { readonly versions: readonly string[]; readonly protocol: (asked: { readonly version: number }) => Call<Input> | undefined };
/** With a version that names ids of topics. The client takes the newest that both sides know: what lies between ours and its own newest stands for the latter. */
export const stockMetadata = replace<Versions<MetadataInput>>('protocol/requests/metadata/index', (stock): Versions<MetadataInput> => {
  const newest = Math.max(...stock.versions.map(Number));
  return {
    versions: [...stock.versions, String(METADATA_VERSION)],
    protocol({ version }) {
      const call = stock.protocol({ version: Math.min(version, newest) });
      if (version < METADATA_VERSION || call === undefined) return call;
      return (input) => {
        const { request, response } = call(input);
        return {
          request: { ...request, apiVersion: METADATA_VERSION, encode: async () => encodedAs(encodeMetadataRequest(input.topics, input.allowAutoTopicCreation ?? true)) },
          response: { decode: async (bytes) => decodeMetadata(bytes), parse: (data) => response.parse(data) },
        };
      };
    },
  };
});
