// What the broker itself needs: single records of the size of a prediction, each a produce of its own with acks=all, at a fixed rate.
import { createKafka } from '../../producers/kafka.ts';
import type { Settings } from '../../schemas/settings.ts';

const VALUE_BYTES = 420;
const TICK_MS = 1;

/** Delays from the moment at which each was due to its acknowledgement. */
export async function produceDelays(settings: Settings, topic: string, { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number }): Promise<number[]> {
  const producer = createKafka(settings, 'bench-produce').producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const value = Buffer.alloc(VALUE_BYTES, 'x');
  const delays: number[] = [];
  const all: Promise<void>[] = [];
  const total = Math.round(perSecond * seconds);
  const startMs = performance.now();
  const dueMs = (i: number): number => startMs + (i * 1000) / perSecond;
  await new Promise<void>((resolve) => {
    const ticking = setInterval(() => {
      const now = performance.now();
      while (all.length < total && dueMs(all.length) <= now) {
        const due = dueMs(all.length);
        all.push(producer.sendBatch({ acks: -1, topicMessages: [{ topic, messages: [{ key: `k${all.length}`, value }] }] }).then(() => void delays.push(performance.now() - due)));
      }
      if (all.length < total) return;
      clearInterval(ticking);
      resolve();
    }, TICK_MS);
  });
  await Promise.all(all);
  await producer.disconnect();
  return delays;
}
