// A small client of the Confluent-compatible registry API. fetch is an argument; decoders are cached per (topic, writer id).
import { decoderFor, schemaIdOf, schemaText, type Decoder } from './codec.ts';
import { fatal, messageOf, poison, transient } from './failure.ts';
import { subjectOf, TOPIC_NAMES, type EventOf, type TopicName } from './topics.ts';
import { createUnknownIds } from './unknownIds.ts';

export type Fetch = typeof fetch;
const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json';

export type Registry = {
  /** Registers our schema of a topic under FULL_TRANSITIVE; idempotent; returns its id. */
  register(topic: TopicName): Promise<number>;
  /** Id under which our schema of the topic stands. Fatal `schema_missing` when `up` has not registered it. */
  idOf(topic: TopicName): Promise<number>;
  /** Ids of all topics. */
  ids(): Promise<ReadonlyMap<TopicName, number>>;
  /** A decoder once its writer schema is known, else undefined: then await `learn`. Synchronous, for hot paths. The value: bytes[from, to), or all of them.
   *  Throws poison `not_framed` on bytes that are not in wire format, `unknown_schema` when the registry was asked a moment ago. */
  known<T extends TopicName>(topic: T, bytes: Uint8Array, from?: number, to?: number): Decoder<T> | undefined;
  /** Fetches the writer schema of this value. Throws poison `unknown_schema` when the registry does not know the id although it knows ours,
   *  transient `registry_unavailable` otherwise. */
  learn(topic: TopicName, value: Uint8Array): Promise<void>;
  /** known + learn + decode. */
  decode<T extends TopicName>(topic: T, value: Uint8Array): Promise<EventOf[T]>;
};

/** That the registry still knows our own schema is believed for so long. */
const OURS_FOR_MS = 250;
/** So is, in a flood of unknown ids, which of them stand under a topic's subject. */
const SUBJECT_FOR_MS = 1000;

export function createRegistry(url: string, fetchNow: Fetch, nowMs: () => number = () => performance.now()): Registry {
  const ids = new Map<TopicName, number>();
  /** By topic and writer id. */
  const decoders = new Map<TopicName, Map<number, Decoder<TopicName> | Error>>(TOPIC_NAMES.map((topic) => [topic, new Map()]));

  const unknown = createUnknownIds();
  const oursUntil = new Map<TopicName, number>();
  const unknownSchema = (id: number): Error => poison('unknown_schema', `the registry does not know schema id ${id}`);
  /** Ids under a topic's subject: of each version, which never changes, and until when no other version is looked for. */
  const subjects = new Map<TopicName, { readonly idByVersion: Map<number, number>; untilMs: number }>();

  async function call(path: string, method: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    let response: Response;
    try {
      response = await fetchNow(`${url}${path}`, {
        method,
        ...(body === undefined ? {} : { headers: { 'content-type': CONTENT_TYPE }, body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(10_000),
      });
      const text = await response.text();
      const parsed: unknown = text === '' ? undefined : JSON.parse(text);
      if (response.status >= 500) throw new Error(`answered ${response.status}`);
      return { status: response.status, body: parsed };
    } catch (cause) {
      throw transient('registry_unavailable', `the schema registry at ${url} does not answer (${messageOf(cause)})`, { cause });
    }
  }
  const field = (body: unknown, name: string): unknown => (typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined);

  async function register(topic: TopicName): Promise<number> {
    const subject = subjectOf(topic);
    const config = await call(`/config/${subject}`, 'PUT', { compatibility: 'FULL_TRANSITIVE' });
    if (config.status !== 200) throw fatal('registry_refused', `the registry refused FULL_TRANSITIVE for ${subject}: ${JSON.stringify(config.body)}`);
    const done = await call(`/subjects/${subject}/versions`, 'POST', { schema: schemaText(topic), schemaType: 'AVRO' });
    const id = field(done.body, 'id');
    if (done.status !== 200 || typeof id !== 'number') throw fatal('schema_refused', `the registry refused the schema of ${subject}: ${JSON.stringify(done.body)}`);
    ids.set(topic, id);
    return id;
  }

  async function idOf(topic: TopicName): Promise<number> {
    const cached = ids.get(topic);
    if (cached !== undefined) return cached;
    const found = await call(`/subjects/${subjectOf(topic)}`, 'POST', { schema: schemaText(topic), schemaType: 'AVRO' });
    const id = field(found.body, 'id');
    if (found.status !== 200 || typeof id !== 'number') throw fatal('schema_missing', `the registry at ${url} does not hold our schema of ${subjectOf(topic)}; run ./loop up, which registers it`);
    ids.set(topic, id);
    return id;
  }

  function known<T extends TopicName>(topic: T, bytes: Uint8Array, from = 0, to = bytes.length): Decoder<T> | undefined {
    const id = schemaIdOf(bytes, from, to);
    if (id === undefined) throw poison('not_framed', `a value on ${topic} is not in the registry's wire format (0x00, 4-byte schema id, Avro)`);
    const found = decoders.get(topic)?.get(id);
    if (found instanceof Error) throw found;
    if (found === undefined && unknown.has(id, nowMs())) throw unknownSchema(id);
    return found as Decoder<T> | undefined;
  }

  async function isUnderSubject(topic: TopicName, id: number): Promise<boolean> {
    const subject = subjects.get(topic) ?? { idByVersion: new Map<number, number>(), untilMs: Number.NEGATIVE_INFINITY };
    subjects.set(topic, subject);
    if (nowMs() >= subject.untilMs) {
      const path = `/subjects/${subjectOf(topic)}/versions`;
      const listed = await call(path, 'GET');
      for (const version of Array.isArray(listed.body) ? listed.body : []) {
        if (typeof version !== 'number' || subject.idByVersion.has(version)) continue;
        const standing = field((await call(`${path}/${version}`, 'GET')).body, 'id');
        if (typeof standing === 'number') subject.idByVersion.set(version, standing);
      }
      subject.untilMs = nowMs() + SUBJECT_FOR_MS;
    }
    return [...subject.idByVersion.values()].includes(id);
  }

  async function learn(topic: TopicName, value: Uint8Array): Promise<void> {
    if (known(topic, value) !== undefined) return;
    const id = schemaIdOf(value) ?? -1;
    // Each record of a flood may name another id: only those that clients register for this topic are worth a question then.
    if (unknown.isFlood(nowMs()) && !(await isUnderSubject(topic, id))) {
      unknown.add(id, nowMs());
      throw unknownSchema(id);
    }
    const found = await call(`/schemas/ids/${id}`, 'GET');
    const schema = field(found.body, 'schema');
    if (found.status !== 200 || typeof schema !== 'string') {
      // A registry that has lost our own schemas is broken, not the record.
      if (nowMs() >= (oursUntil.get(topic) ?? Number.NEGATIVE_INFINITY)) {
        ids.delete(topic);
        await idOf(topic).catch((cause: unknown) => {
          throw transient('registry_unavailable', `the registry knows neither schema id ${id} nor our own schema of ${topic}`, { cause });
        });
        oursUntil.set(topic, nowMs() + OURS_FOR_MS);
      }
      unknown.add(id, nowMs());
      throw unknownSchema(id);
    }
    try {
      decoders.get(topic)?.set(id, decoderFor(topic, schema));
    } catch (error) {
      if (error instanceof Error) decoders.get(topic)?.set(id, error);
      throw error;
    }
  }

  return {
    register,
    idOf,
    known,
    learn,
    async ids() {
      const all = await Promise.all(TOPIC_NAMES.map(async (topic) => [topic, await idOf(topic)] as const));
      return new Map(all);
    },
    async decode<T extends TopicName>(topic: T, value: Uint8Array) {
      await learn(topic, value);
      const decode = known(topic, value);
      if (decode === undefined) throw fatal('decoder_missing', `no decoder for ${topic}`);
      return decode(value);
    },
  };
}
