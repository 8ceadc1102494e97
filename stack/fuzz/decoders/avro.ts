// Frames of every topic, the schemas foreign writers register, the record batches they travel in, and what the broker says of topics.
import { isUtf8 } from 'node:buffer';
import { decodeRecordSet } from '../../../producers/wire/fetched.ts';
import { decodeMetadata } from '../../../producers/wire/metadata.ts';
import { answerOf } from '../../../producers/wire/metadata.testing.ts';
import { AVRO } from '../../../schemas/avro.ts';
import { decoderFor, schemaIdOf, schemaText } from '../../../schemas/codec.ts';
import { LoopError } from '../../../schemas/failure.ts';
import { endOfPredictionId } from '../../../schemas/quickRead.ts';
import { TOPIC_NAMES } from '../../../schemas/topics.ts';
import { mutateEither, varintOf } from '../mutate.ts';
import { Broken, bytesOf, type Decoder } from '../run.ts';

const FRAME_HEADER_BYTES = 5;
const WORDS = ['Beverages', 'grocery', '{"a":1}', '\u0000', '\ufeff'];
const frames = TOPIC_NAMES.map((topic): Decoder => {
  const decode = decoderFor(topic, schemaText(topic));
  return {
    name: `avro-${topic}`, share: 40, tokens: WORDS,
    decode(bytes) {
      if (schemaIdOf(bytes) === undefined) return undefined;
      const end = topic === 'predictions' ? endOfPredictionId(bytes, FRAME_HEADER_BYTES, bytes.length) : -1;
      const event = decode(bytes);
      // Who walks past the id and who reads it must agree on whose prediction it is.
      if (end >= 0 && 'prediction_id' in event && !bytesOf(event.prediction_id ?? '').every((byte, i, all) => byte === bytes[end - all.length + i]) && isUtf8(bytes)) throw new Broken('the walk over a prediction ends its id elsewhere');
      return event;
    },
  };
});

const text = new TextDecoder();
const SCHEMA_WORDS = ['"record"', '"array"', '"map"', '"fixed"', '"enum"', '"size":1000000000000', '"loop.v1.Feedback"', '["null","long"]', '"items"', '"values"', '"default":null', '"aliases":["source"]', '"null"'];
const HEADER = [0, 0, 0, 0, 1];
/** As the schemas of the corpus say; and one that announces what is not there, whatever it stands for. */
const FRAME = Uint8Array.from([...HEADER, 2, 65, 2, 66, 0, 0]);
const HOSTILE = Uint8Array.from([...HEADER, 2, 65, 2, 66, ...varintOf(2 ** 40), 1, 1, 0]);
/** A writer's schema, and a frame read by it. */
const writers: Decoder = {
  name: 'writer-schema', share: 25, tokens: SCHEMA_WORDS, seeds: [bytesOf(JSON.stringify(AVRO.feedback))],
  make: mutateEither,
  decode(bytes) {
    const decode = decoderFor('feedback', text.decode(bytes));
    try {
      decode(HOSTILE);
    } catch (error) {
      if (!(error instanceof LoopError)) throw error;
    }
    return decode(FRAME);
  },
};

const batches: Decoder = {
  name: 'record-batch', share: 120,
  async decode(bytes) {
    const records = await decodeRecordSet(Buffer.from(bytes), (_attributes, compressed) => Promise.resolve(compressed));
    return records?.map(({ key, value, headers, offset, timestamp, isControlRecord }) => {
      const inAll = (key?.length ?? 0) + (value?.length ?? 0) + Object.values(headers).flat().reduce((sum, one) => sum + one.length, 0);
      if (inAll > bytes.length) throw new Broken(`a record of ${inAll} bytes among ${bytes.length}`);
      return [offset, timestamp, isControlRecord];
    });
  },
};
const metadata: Decoder = {
  name: 'metadata', share: 30, seeds: [new Uint8Array(answerOf([{ name: 'predictions', id: '0f'.repeat(16), partitions: [0, 1, 2] }, { name: 'feedback', id: '00'.repeat(16), partitions: [], error: 3 }]))],
  decode: (bytes) => decodeMetadata(Buffer.from(bytes)),
};
export const AVRO_DECODERS: readonly Decoder[] = [...frames, writers, batches, metadata];
