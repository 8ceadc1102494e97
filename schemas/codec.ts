// Events to and from the registry's wire format: 0x00, 4-byte big-endian schema id, Avro body. The casts here are what a codec is for.
import avro from 'avsc';
import { AVRO } from './avro.ts';
import { messageOf, poison } from './failure.ts';
import { TOPIC_NAMES, type EventOf, type TopicName } from './topics.ts';

const HEADER_BYTES = 5;
const build = (schema: unknown): avro.Type => avro.Type.forSchema(schema as avro.Schema, { wrapUnions: false });
const TYPES = new Map<TopicName, avro.Type>(TOPIC_NAMES.map((name) => [name, build(AVRO[name])]));
function typeOf(topic: TopicName): avro.Type {
  const type = TYPES.get(topic);
  if (type === undefined) throw new RangeError(`no schema for topic ${topic}`);
  return type;
}

/** The event in wire format under schema `schemaId`. Throws a poison `not_encodable` naming the field that does not fit. */
export function encode<T extends TopicName>(topic: T, event: EventOf[T], schemaId: number): Buffer {
  const type = typeOf(topic);
  try {
    const body = type.toBuffer(event);
    const frame = Buffer.allocUnsafe(HEADER_BYTES + body.length);
    frame.writeUInt8(0, 0);
    frame.writeUInt32BE(schemaId, 1);
    body.copy(frame, HEADER_BYTES);
    return frame;
  } catch (cause) {
    const paths: string[] = [];
    type.isValid(event, { errorHook: (path) => paths.push(path.join('.')) });
    throw poison('not_encodable', `a ${topic} event does not fit its schema: field ${paths.join(', ') || '?'} (${messageOf(cause)})`, { cause });
  }
}

/** Schema id of a framed value, or undefined when these bytes are not in the wire format. */
export function schemaIdOf(value: Uint8Array): number | undefined {
  if (value.length < HEADER_BYTES || value[0] !== 0) return undefined;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).readUInt32BE(1);
}

/** Reads a framed value that was written under one writer schema as our event. */
export type Decoder<T extends TopicName> = (value: Uint8Array) => EventOf[T];

/** A decoder for one writer schema (Avro JSON). Throws poison `incompatible_schema` when it cannot be read as ours;
 *  the decoder throws poison `not_avro` on bytes that do not fit. */
export function decoderFor<T extends TopicName>(topic: T, writerSchema: string): Decoder<T> {
  const reader = typeOf(topic);
  let writer: avro.Type;
  let resolver: ReturnType<avro.Type['createResolver']>;
  try {
    writer = build(JSON.parse(writerSchema));
    resolver = reader.createResolver(writer);
  } catch (cause) {
    throw poison('incompatible_schema', `the writer's schema cannot be read as a ${topic} event: ${messageOf(cause)}`, { cause });
  }
  return (value) => {
    const body = Buffer.from(value.buffer, value.byteOffset + HEADER_BYTES, value.byteLength - HEADER_BYTES);
    try {
      return reader.fromBuffer(body, resolver) as EventOf[T];
    } catch (cause) {
      throw poison('not_avro', `the bytes are not a ${topic} event: ${messageOf(cause)}`, { cause });
    }
  };
}

/** Canonical text of our schema of a topic, as registered. */
export const schemaText = (topic: TopicName): string => JSON.stringify(AVRO[topic]);
