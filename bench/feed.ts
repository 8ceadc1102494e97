// The inputs of benchmarks: predictions and feedback as a function of (seed, number), framed like any client's, and a quick way to put them on their topics.
// Nothing is remembered: id, text, category and label of prediction number i can be asked for at any time, so an oracle needs no list.
import { createKafka } from '../producers/kafka.ts';
import { encode } from '../schemas/codec.ts';
import { DEFAULT_CATEGORIES } from '../schemas/categories.ts';
import type { Feedback, Prediction } from '../schemas/events.ts';
import { partitionOf } from '../schemas/partition.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { topicSpecs, type TopicName } from '../schemas/topics.ts';

export type World = {
  /** A UUIDv7 (36 characters); rising with i. */
  idOf(i: number): string;
  categoryOf(i: number): string;
  /** Equal to categoryOf(i) for a share `accuracy` of all i. */
  labelOf(i: number): string;
  prediction(i: number): Prediction;
  /** nth: the how-manieth feedback on it, from 0; label: absent: labelOf(i). */
  feedback(i: number, nth?: number, label?: string | null): Feedback;
};
type WorldOptions = { readonly seed: number; readonly accuracy?: number; readonly modelName?: string; readonly modelVersion?: string; readonly categories?: readonly string[]; readonly textBytes?: number };
const START_MS = Date.UTC(2026, 0, 1);
const PER_MS = 4;
const WORDS = 'organic sparkling lemon water frozen spinach cream soup rice noodles shampoo bar chocolate oat milk sliced bread olive oil fresh basil'.split(' ');
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
const hex = (word: number): string => `${HEX[word >>> 24] ?? ''}${HEX[(word >>> 16) & 255] ?? ''}${HEX[(word >>> 8) & 255] ?? ''}${HEX[word & 255] ?? ''}`;
/** 32 well mixed bits of three numbers. */
function mix(seed: number, i: number, salt: number): number {
  let h = Math.imul(seed ^ salt, 0x9e3779b1) ^ Math.imul(i, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b) ^ i;
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad);
  return (h ^ (h >>> 15)) >>> 0;
}

export function createWorld({ seed, accuracy = 0.9, modelName = 'grocery', modelVersion = 'v1', categories = DEFAULT_CATEGORIES, textBytes = 60 }: WorldOptions): World {
  const at = (n: number): string => categories[n % categories.length] ?? '';
  const rest = categories.length > 1 ? 0.3 / (categories.length - 1) : 0;
  const answers = new Map(categories.map((chosen) => [chosen, categories.map((category) => ({ category, probability: category === chosen ? 0.7 : rest }))]));
  const categoryOf = (i: number): string => at(mix(seed, i, 1));
  function idOf(i: number): string {
    const time = (START_MS + Math.floor(i / PER_MS)).toString(16).padStart(12, '0');
    const a = hex(mix(seed, i, 2));
    return `${time.slice(0, 8)}-${time.slice(8)}-7${a.slice(0, 3)}-8${a.slice(3, 6)}-${hex(mix(seed, i, 3))}${hex(mix(seed, i, 4)).slice(0, 4)}`;
  }
  function textOf(i: number): string {
    let text = `item ${i}`;
    for (let n = 0; text.length < textBytes; n += 1) text += ` ${WORDS[mix(seed, i, 16 + n) % WORDS.length] ?? ''}`;
    return text.slice(0, textBytes);
  }
  const labelOf = (i: number): string => (mix(seed, i, 5) / 2 ** 32 < accuracy || categories.length < 2 ? categoryOf(i) : at(mix(seed, i, 1) + 1 + (mix(seed, i, 6) % (categories.length - 1))));
  return {
    idOf, categoryOf, labelOf,
    prediction(i) {
      const category = categoryOf(i);
      return { prediction_id: idOf(i), model_name: modelName, model_version: modelVersion, product_description: textOf(i), category, probabilities: answers.get(category) ?? [], predicted_at: START_MS + Math.floor(i / PER_MS), audit: false };
    },
    feedback: (i, nth = 0, label = labelOf(i)) => ({ prediction_id: idOf(i), feedback_id: `${hex(mix(seed, i, 7))}${hex(mix(seed, i, 8))}-${nth}`, model_name: modelName, category: label, source: 'user', given_at: START_MS + Math.floor(i / PER_MS) + 1000 }),
  };
}

export type Fed = { readonly key: Buffer; readonly value: Buffer };
export type FedTopic = 'predictions' | 'feedback';
export type Framer = { prediction(event: Prediction): Fed; feedback(event: Feedback): Fed };
const SLAB_BYTES = 1024 * 1024;
const HEADER_BYTES = 5;
/** Events as the registry's wire format has them: the bytes of the general codec, which costs more than the systems that are fed. What events have in common is encoded once. */
export function framerOf(ids: Readonly<Record<FedTopic, number>>): Framer {
  let slab = Buffer.allocUnsafe(SLAB_BYTES);
  let at = 0;
  /** By the list of probabilities, which worlds share: category and probabilities. */
  const answers = new Map<Prediction['probabilities'], Buffer>();
  function long(value: number): void {
    let rest = value * 2;
    for (; rest >= 128; rest = Math.floor(rest / 128)) slab[at++] = (rest % 128) | 128;
    slab[at++] = rest;
  }
  /** false: not ASCII. */
  function text(value: string): boolean {
    long(value.length);
    for (let i = 0; i < value.length; i += 1) {
      const unit = value.charCodeAt(i);
      if (unit > 127) return false;
      slab[at + i] = unit;
    }
    at += value.length;
    return true;
  }
  function begin(id: number, bytes: number): number {
    if (at + bytes > slab.length) {
      slab = Buffer.allocUnsafe(Math.max(SLAB_BYTES, bytes));
      at = 0;
    }
    const start = at;
    slab[at] = 0;
    slab.writeUInt32BE(id, at + 1);
    at += HEADER_BYTES;
    return start;
  }
  function copy(bytes: Buffer): void {
    slab.set(bytes, at);
    at += bytes.length;
  }
  const fed = (start: number, idLength: number): Fed => {
    const value = slab.subarray(start, at);
    const idAt = HEADER_BYTES + (idLength < 64 ? 1 : 2);
    return { key: value.subarray(idAt, idAt + idLength), value };
  };
    function answerOf(event: Prediction): Buffer {
    const known = answers.get(event.probabilities);
    if (known !== undefined) return known;
    // With empty texts around it, what is left in the middle is category and probabilities.
    const whole = encode('predictions', { ...event, prediction_id: '', model_name: '', model_version: '', product_description: '', predicted_at: 0, audit: false }, ids.predictions);
    const bytes = Buffer.from(whole.subarray(HEADER_BYTES + 4, whole.length - 2));
    answers.set(event.probabilities, bytes);
    return bytes;
  }
  return {
    prediction(event) {
      const answer = answerOf(event);
      const start = begin(ids.predictions, 64 + answer.length + event.prediction_id.length + event.model_name.length + event.model_version.length + event.product_description.length);
      if (!(text(event.prediction_id) && text(event.model_name) && text(event.model_version) && text(event.product_description))) return { key: Buffer.from(event.prediction_id), value: encode('predictions', event, ids.predictions) };
      copy(answer);
      long(event.predicted_at);
      slab[at++] = event.audit ? 1 : 0;
      return fed(start, event.prediction_id.length);
    },
    feedback(event) {
      const start = begin(ids.feedback, 64 + event.prediction_id.length + event.feedback_id.length + event.model_name.length + (event.category?.length ?? 0) + event.source.length);
      if (!(text(event.prediction_id) && text(event.feedback_id) && text(event.model_name))) return { key: Buffer.from(event.prediction_id), value: encode('feedback', event, ids.feedback) };
      slab[at++] = event.category === null ? 0 : 2;
      if (!((event.category === null || text(event.category)) && text(event.source))) return { key: Buffer.from(event.prediction_id), value: encode('feedback', event, ids.feedback) };
      long(event.given_at);
      return fed(start, event.prediction_id.length);
    },
  };
}
export async function createFramer(registry: Registry): Promise<Framer> {
  const [predictions, feedback] = await Promise.all([registry.idOf('predictions'), registry.idOf('feedback')]);
  return framerOf({ predictions, feedback });
}

export type Feeder = {
  /** Puts records on their partitions, in order within each. Resolves when there is room for more; `flush` when all is acknowledged. */
  send(topic: FedTopic, records: readonly Fed[]): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
};
/** kafkajs groups a send in quadratic time; a record batch of these many records is far below the broker's 1 MB. */
const PER_SEND = 1000;
const AHEAD = 4;

export async function createFeeder(settings: Settings): Promise<Feeder> {
  const widths = new Map<TopicName, number>(topicSpecs(settings).map((spec) => [spec.name, spec.partitions]));
  const producer = createKafka(settings, 'feeder').producer({ allowAutoTopicCreation: false, retry: { initialRetryTime: 50, retries: 5 } });
  await producer.connect();
  type Lane = { readonly topic: FedTopic; readonly partition: number; waiting: { key: Buffer; value: Buffer; partition: number }[]; sending: Promise<void>; behind: number };
  const lanes = new Map<string, Lane>();
  let failed: unknown;
  function laneOf(topic: FedTopic, partition: number): Lane {
    const key = `${topic}/${partition}`;
    const found = lanes.get(key) ?? { topic, partition, waiting: [], sending: Promise.resolve(), behind: 0 };
    lanes.set(key, found);
    return found;
  }
  function push(lane: Lane): void {
    const messages = lane.waiting;
    if (messages.length === 0) return;
    lane.waiting = [];
    lane.behind += 1;
    lane.sending = lane.sending.then(async () => {
      if (failed === undefined) await producer.send({ topic: lane.topic, acks: -1, messages }).catch((error: unknown) => (failed = error));
      lane.behind -= 1;
    });
  }
  async function settled(wait: (lane: Lane) => boolean): Promise<void> {
    for (const lane of lanes.values()) if (wait(lane)) await lane.sending;
    if (failed !== undefined) throw failed;
  }
  return {
    async send(topic, records) {
      const width = widths.get(topic) ?? 1;
      for (const { key, value } of records) {
        const partition = partitionOf(key, width);
        const lane = laneOf(topic, partition);
        lane.waiting.push({ key, value, partition });
        if (lane.waiting.length >= PER_SEND) push(lane);
      }
      await settled((lane) => lane.behind > AHEAD);
    },
    async flush() {
      for (const lane of lanes.values()) push(lane);
      await settled(() => true);
    },
    close: () => producer.disconnect(),
  };
}

/** Frames number from…to−1 with `frame` and sends them; onSent is told how many were sent, every second or so. */
export async function feedRange(feeder: Feeder, topic: FedTopic, from: number, to: number, frame: (i: number) => Fed, onSent: (done: number) => void = () => undefined): Promise<void> {
  let told = performance.now();
  for (let i = from; i < to;) {
    const records: Fed[] = [];
    for (const end = Math.min(to, i + PER_SEND * AHEAD); i < end; i += 1) records.push(frame(i));
    await feeder.send(topic, records);
    if (performance.now() - told < 1000) continue;
    told = performance.now();
    onSent(i - from);
  }
  await feeder.flush();
}
