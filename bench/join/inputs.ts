// Puts the feed of the join benchmark on the input topics, in the order of life: predictions, and a little later the feedback on them; some of it earlier.
import type { Framer, Feeder, Fed } from '../feed.ts';
import type { JoinFeed } from './feed.ts';
import type { Say } from '../../stack/fetch.ts';

const CHUNK = 5000;
const TOLD_EVERY_MS = 5000;

/** Sends predictions 0…count−1 and their feedback. Resolves with how many records that were. */
export async function feedInputs(feeder: Feeder, framer: Framer, feed: JoinFeed, count: number, say: Say): Promise<number> {
  const framed = (from: number, to: number, of: (i: number) => readonly Fed[]): Fed[] => {
    const records: Fed[] = [];
    for (let i = Math.max(0, from); i < Math.min(count, to); i += 1) records.push(...of(i));
    return records;
  };
  const feedback = (i: number): Fed[] => feed.feedbackOf(i).map(framer.feedback);
  let sent = 0;
  let told = performance.now();
  for (let from = 0; from < count + CHUNK; from += CHUNK) {
    for (const [topic, records] of [
      ['feedback', framed(from, from + CHUNK, (i) => (feed.isEarly(i) ? feedback(i) : []))],
      ['predictions', framed(from, from + CHUNK, (i) => [framer.prediction(feed.prediction(i))])],
      ['feedback', framed(from - CHUNK, from, (i) => (feed.isEarly(i) ? [] : feedback(i)))],
    ] as const) {
      await feeder.send(topic, records);
      sent += records.length;
    }
    if (performance.now() - told < TOLD_EVERY_MS) continue;
    told = performance.now();
    say(`${sent.toLocaleString('en-US')} records are on the input topics`);
  }
  await feeder.flush();
  return sent;
}
