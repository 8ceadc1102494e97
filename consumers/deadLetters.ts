// A record that could not be used, set aside with its original bytes. Every dead letter is made here.
import packageJson from '../package.json' with { type: 'json' };
import type { Outgoing } from '../producers/outgoing.ts';
import { messageOf } from '../schemas/failure.ts';
import { MAX_KEY_BYTES, MAX_VALUE_BYTES } from '../schemas/recordSize.ts';
import type { Incoming } from './record.ts';

export const PROCESS_VERSION: string = packageJson.version;
/** What went wrong may quote what a stranger has sent. */
export const MAX_ERROR_CHARS = 500;
/** Headers of a dead letter whose record was too large to be kept whole: how large it was. */
export const CUT_HEADERS = { key: 'original-key-bytes', value: 'original-value-bytes' } as const;

const bounded = (error: unknown): string => {
  const text = messageOf(error);
  return text.length > MAX_ERROR_CHARS ? `${text.slice(0, MAX_ERROR_CHARS - 1)}…` : text;
};
const first = (bytes: Buffer | null, most: number): Buffer | null => (bytes === null || bytes.length <= most ? bytes : bytes.subarray(0, most));
const size = (header: string, bytes: Buffer | null, most: number): Record<string, string> => (bytes === null || bytes.length <= most ? {} : { [header]: String(bytes.length) });

/** reason: a short code for metrics; error: in words. The headers say what the value says, for tools that do not read Avro, and which program it was. */
export function deadLetterOf(record: Incoming, reason: string, error: unknown, consumer: string, nowMs: number): Outgoing {
  const { topic, partition, key, value } = record;
  const said = bounded(error);
  const keptKey = first(key, MAX_KEY_BYTES);
  return {
    topic: 'dead-letters',
    key: keptKey?.toString() ?? '',
    headers: {
      topic, partition: String(partition), offset: String(record.offset), reason, error: said, time: new Date(nowMs).toISOString(), process: consumer, 'process-version': PROCESS_VERSION,
      ...size(CUT_HEADERS.key, key, MAX_KEY_BYTES), ...size(CUT_HEADERS.value, value, MAX_VALUE_BYTES),
    },
    value: { topic, partition, offset: Number(record.offset), reason, error: said, consumer, original_key: keptKey, original_value: first(value, MAX_VALUE_BYTES), died_at: nowMs },
  };
}
