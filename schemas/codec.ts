// Events to and from the registry's wire format: 0x00, 4-byte big-endian schema id, Avro body. The casts here are what a codec is for.
import avro from 'avsc';
import { AVRO } from './avro.ts';
import { fitsOf, type Fits } from './avroFits.ts';
import { messageOf, poison, withoutStacks } from './failure.ts';
import { handWrittenPart, isHandWritten } from './handWritten.ts';
import { LITTLE_ENDIAN, quickFeedbackReader, quickLabelledReader, quickPredictionReader, quickProductReader, type QuickReader } from './quickRead.ts';
import { quickExampleWriter, quickFeedbackWriter, quickLabelledWriter, quickPredictionWriter, type QuickWriter } from './quickWrite.ts';
import { TOPIC_NAMES, type EventOf, type TopicName } from './topics.ts';

const HEADER_BYTES = 5;
const build = (schema: unknown): avro.Type => avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
const TYPES = new Map<TopicName, avro.Type>(TOPIC_NAMES.map((name) => [name, build(AVRO[name])]));
function typeOf(topic: TopicName): avro.Type {
  const type = TYPES.get(topic);
  if (type === undefined) throw new RangeError(`no schema for topic ${topic}`);
  return type;
}

/** Of those made for our fields, the ones whose topic has these fields still. */
const fitting = <M extends object>(made: M): Partial<M> => Object.fromEntries(Object.entries(made).filter(([name]) => TOPIC_NAMES.some((topic) => topic === name && isHandWritten(topic, AVRO[topic])))) as Partial<M>;
/** Topics with a hand-written reader or writer; the general ones decide whatever those leave open. */
type Readers = { readonly [T in TopicName]?: () => QuickReader<EventOf[T]> };
type Writers = { readonly [T in TopicName]?: QuickWriter<EventOf[T]> };
const ALL_READERS: Readers = LITTLE_ENDIAN ? { predictions: quickPredictionReader, feedback: quickFeedbackReader, labelled: quickLabelledReader, products: quickProductReader } : {};
const ALL_WRITERS: Writers = { predictions: quickPredictionWriter(), feedback: quickFeedbackWriter(), labelled: quickLabelledWriter(), examples: quickExampleWriter() };
const READERS: Readers = fitting(ALL_READERS);
const WRITERS: Writers = fitting(ALL_WRITERS);

function frameOf(body: Buffer, schemaId: number): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(schemaId, 1);
  body.copy(frame, HEADER_BYTES);
  return frame;
}
/** The event in wire format under schema `schemaId`. Throws a poison `not_encodable` naming the field that does not fit. */
export function encode<T extends TopicName>(topic: T, event: EventOf[T], schemaId: number): Buffer {
  const type = typeOf(topic);
  try {
    const quick = WRITERS[topic]?.(event, schemaId);
    if (quick !== undefined) return quick;
    return frameOf(type.toBuffer(event), schemaId);
  } catch (cause) {
    const paths: string[] = [];
    type.isValid(event, { errorHook: (path) => paths.push(path.join('.')) });
    throw poison('not_encodable', `a ${topic} event does not fit its schema: field ${paths.join(', ') || '?'} (${messageOf(cause)})`, { cause });
  }
}

/** Schema id of the framed value at bytes[from, to), or undefined when these bytes are not in the wire format. */
export function schemaIdOf(bytes: Uint8Array, from = 0, to = bytes.length): number | undefined {
  if (to - from < HEADER_BYTES || bytes[from] !== 0) return undefined;
  return (bytes[from + 1] ?? 0) * 2 ** 24 + (((bytes[from + 2] ?? 0) << 16) | ((bytes[from + 3] ?? 0) << 8) | (bytes[from + 4] ?? 0));
}

/** Reads the framed value at bytes[from, to) (all of them when not given), which was written under one writer schema, as our event. */
export type Decoder<T extends TopicName> = (bytes: Uint8Array, from?: number, to?: number) => EventOf[T];
const bufferOf = (bytes: Uint8Array): Buffer => (Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
/** What of a schema decides the bytes, as text. */
const layoutOf = (type: avro.Type): string => JSON.stringify(type.schema());

/** A decoder for one writer schema (Avro JSON). Throws poison `incompatible_schema` when it cannot be read as ours;
 *  the decoder throws poison `not_avro` on bytes that do not fit. */
export function decoderFor<T extends TopicName>(topic: T, writerSchema: string): Decoder<T> {
  const reader = typeOf(topic);
  let writer: { readonly layout: string; readonly fits: Fits | undefined };
  let resolver: ReturnType<avro.Type['createResolver']>;
  try {
    const type = build(JSON.parse(writerSchema));
    // A type called as something that every object has is only found out when it is told.
    writer = { layout: layoutOf(type), fits: fitsOf(type.schema()) };
    resolver = reader.createResolver(type);
  } catch (cause) {
    throw poison('incompatible_schema', `the writer's schema cannot be read as a ${topic} event: ${messageOf(cause)}`, { cause });
  }
  const { layout, fits } = writer;
  const quick = layout === layoutOf(reader) ? READERS[topic]?.() : undefined;
  return (value, from = 0, to = value.length) => {
    const bytes = bufferOf(value);
    const read = quick?.(bytes, from + HEADER_BYTES, to);
    if (read !== undefined) return read;
    const body = bytes.subarray(from + HEADER_BYTES, to);
    try {
      return withoutStacks(() => {
        if (fits?.(body, 0, body.length) === false) throw new RangeError('it announces more than its bytes hold');
        return reader.fromBuffer(body, resolver) as EventOf[T];
      });
    } catch (cause) {
      throw poison('not_avro', `the bytes are not a ${topic} event: ${messageOf(cause)}`, { cause });
    }
  };
}

/** Canonical text of our schema of a topic, as registered. */
export const schemaText = (topic: TopicName): string => JSON.stringify(AVRO[topic]);

/** How a process keeps events for itself, framed like those on the wire: in the layout the hand-written ones know, with the id first, whatever else today's schema has. Fields beyond it are lost. */
export function keptCodec<T extends TopicName>(topic: T): { readonly encode: (event: EventOf[T]) => Buffer; readonly decode: (bytes: Uint8Array) => EventOf[T] } {
  const type = build(handWrittenPart(topic, AVRO[topic]));
  const write = ALL_WRITERS[topic];
  const read = ALL_READERS[topic]?.();
  return {
    encode: (event) => write?.(event, 0) ?? frameOf(type.toBuffer(event), 0),
    decode(bytes) {
      const buffer = bufferOf(bytes);
      return read?.(buffer, HEADER_BYTES, buffer.length) ?? (type.fromBuffer(buffer.subarray(HEADER_BYTES)) as EventOf[T]);
    },
  };
}
