// Requests that come in one turn of the loop are scored as one batch, under one lease of the model, and travel to Kafka as one send; each is answered when that is acknowledged.
// What is open is bounded: beyond it a request is refused before it costs any work. The decisions are those of producers/groupCommit.ts.
import { createGroupCommit, type Group, type Load } from '../../producers/groupCommit.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Prediction } from '../../schemas/events.ts';
import { kindOf, poison, transient } from '../../schemas/failure.ts';
import type { Ask, Predictor } from './predictor.ts';

/** Scored by one model and acknowledged by Kafka. version: the one that must answer. Throws transient `overloaded` when too much is open, poison `version_gone` when another version serves (nothing is recorded then), and what predict and publish throw. */
export type Answer = (asks: readonly Ask[], version?: string) => Promise<Prediction[]>;
export type MicroBatch = { readonly answer: Answer; /** what has not been answered */ readonly load: () => Load };
type Waiting = { readonly asks: readonly Ask[]; readonly version: string | undefined; readonly done: (predictions: Prediction[]) => void; readonly fail: (error: unknown) => void };
type Options = {
  readonly predict: Predictor;
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  /** openBytes: of text. */
  readonly limits: { readonly openRequests: number; readonly openBytes: number };
  readonly onShed?: () => void;
  /** Rows of one batch. */
  readonly observe?: (rows: number) => void;
};
/** About ten milliseconds of scoring: then others get the loop. A single request may bring more. */
const ROWS_PER_BATCH = 500;
const REQUEST_BYTES = 200;

const sizeOf = (asks: readonly Ask[]): { readonly messages: number; readonly bytes: number } => {
  let bytes = REQUEST_BYTES;
  for (const { text, predictionId } of asks) bytes += text.length + predictionId.length;
  return { messages: asks.length, bytes };
};
const messageOf = (prediction: Prediction): Outgoing => ({ topic: 'predictions', key: prediction.prediction_id, value: prediction });

export function createMicroBatch({ predict, publish, limits: { openRequests, openBytes }, onShed, observe }: Options): MicroBatch {
  const requests = createGroupCommit<Waiting>({ inFlight: Number.POSITIVE_INFINITY, group: { messages: ROWS_PER_BATCH, bytes: Number.POSITIVE_INFINITY }, openSends: openRequests, openBytes, deadlineMs: Number.POSITIVE_INFINITY });
  let turn: NodeJS.Immediate | undefined;

  async function answerAll(batch: readonly Waiting[]): Promise<void> {
    try {
      const [only] = batch;
      const predictions = predict(batch.length === 1 && only !== undefined ? only.asks : batch.flatMap(({ asks }) => asks));
      const served = predictions[0]?.model_version;
      const gone = batch.filter(({ version }) => version !== undefined && version !== served);
      if (gone.length > 0) {
        for (const { version, fail } of gone) fail(poison('version_gone', `version '${version ?? ''}' does not serve any more; ${served ?? 'none'} does`));
        const others = batch.filter((one) => !gone.includes(one));
        return others.length === 0 ? undefined : await answerAll(others);
      }
      observe?.(predictions.length);
      await publish(predictions.map(messageOf));
      let from = 0;
      for (const { asks, done } of batch) done(predictions.slice(from, (from += asks.length)));
    } catch (error) {
      // One that cannot be answered must not take the others with it.
      if (batch.length > 1 && kindOf(error) !== 'transient') await Promise.all(batch.map((one) => answerAll([one])));
      else for (const { fail } of batch) fail(error);
    }
  }
  async function work(group: Group<Waiting>): Promise<void> {
    await answerAll(group.sends.map(({ what }) => what));
    requests.settled(group);
  }
  function begin(): void {
    turn = undefined;
    const group = requests.cut();
    if (group === undefined) return;
    turn = setImmediate(begin);
    void work(group);
  }
  return {
    answer: (asks, version) => new Promise((done, fail) => {
      if (requests.offer({ asks, version, done, fail }, sizeOf(asks), 0)) {
        turn ??= setImmediate(begin);
        return;
      }
      onShed?.();
      const { sends, bytes } = requests.load();
      fail(transient('overloaded', `too many requests are open (${sends}, with ${bytes} bytes); send this again a little later`));
    }),
    load: requests.load,
  };
}
