// Answers as a broker sends them in version 10 of its metadata, put together by Kafka's own description of it. For tests.
const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
};
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
/** Shorter than 127 bytes. */
const text = (value: string | null): Buffer => (value === null ? Buffer.from([0]) : Buffer.concat([Buffer.from([value.length + 1]), Buffer.from(value)]));
const list = (items: readonly Buffer[]): Buffer => Buffer.concat([Buffer.from([items.length + 1]), ...items]);
const TAGS = Buffer.from([0]);
const RIGHTS = int32(-2_147_483_648);

/** id: 32 hex digits. One broker, 1, leads; the answer asks for 7 ms of patience. */
export function answerOf(topics: readonly { readonly name: string; readonly id: string; readonly partitions: readonly number[]; readonly error?: number }[]): Buffer {
  const partitionOf = (partition: number): Buffer => Buffer.concat([int16(0), int32(partition), int32(1), int32(5), list([int32(1), int32(2)]), list([int32(1)]), list([]), TAGS]);
  return Buffer.concat([
    TAGS, int32(7), list([Buffer.concat([int32(1), text('localhost'), int32(9092), text(null), TAGS])]), text('cluster'), int32(1),
    list(topics.map(({ name, id, partitions, error = 0 }) => Buffer.concat([int16(error), text(name), Buffer.from(id, 'hex'), Buffer.from([0]), list(partitions.map(partitionOf)), RIGHTS, TAGS]))),
    RIGHTS, TAGS,
  ]);
}
