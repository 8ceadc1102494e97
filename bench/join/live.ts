// One contender with predictions that wait for their labels: its memory then, how long a restart takes, and at a steady rate of feedback the time from its append
// to the moment at which a read_committed client has the tally with it. Append times are the broker's, arrival times the bench's: one machine, one clock.
import { setTimeout as pause } from 'node:timers/promises';
import { fatal } from '../../schemas/failure.ts';
import { inputsDone, stopAll, watchEnds } from './catchUp.ts';
import { withAdmin } from '../../producers/withAdmin.ts';
import { INPUTS, recreate, type Attempt, type Contender } from './contenders.ts';
import { createFeeder, createFramer, feedRange, type Feeder, type Framer } from '../feed.ts';
import type { JoinFeed } from './feed.ts';
import type { Memory } from '../state/memory.ts';
import { memoryOf } from './procfs.ts';
import type { BenchStack } from '../stack.ts';
import { readTopics } from './tallyReader.ts';

export type Live = { readonly memory: Memory; readonly restartMs: number; readonly delaysMs: readonly number[] };
export const FEEDBACK_PER_SECOND = 2000;
export const WARM_UP_S = 10;
const STEP_MS = 10;
const DEADLINE_MS = 300_000;

async function untilTrue(what: string, check: () => void, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + DEADLINE_MS; !(await holds()); await pause(5)) {
    check();
    if (performance.now() > end) throw fatal('never_came', `never came: ${what}`);
  }
}

/** What has been appended and what has been seen; matched when all is over. */
type Clock = { take(topic: string, seen: { readonly key: string; readonly value: Buffer | null; readonly offset: number; readonly timeMs: number; readonly seenMs: number }): Promise<void>; readonly topics: readonly string[]; readonly seen: () => number; delays(from: number, to: number): number[] };

/** Ours says which labelled offset a tally reflects, so each label is timed by itself. */
function exactClock(stack: BenchStack): Clock {
  const labels: { readonly offset: number; readonly appendedMs: number }[] = [];
  const reached: { readonly offset: number; readonly seenMs: number }[] = [];
  return {
    topics: ['labelled', 'tallies'],
    async take(topic, { value, offset, seenMs }) {
      if (value === null) return;
      // Every prediction stood before any feedback, so the later of the two times is the feedback's.
      if (topic === 'labelled') labels.push({ offset, appendedMs: (await stack.registry.decode('labelled', value)).labelled_at });
      else {
        const tally = await stack.registry.decode('tallies', value);
        if (tally.kind === 'cells' && tally.labelled_offset > (reached.at(-1)?.offset ?? -1)) reached.push({ offset: tally.labelled_offset, seenMs });
      }
    },
    seen: () => labels.filter(({ offset }) => offset <= (reached.at(-1)?.offset ?? -1)).length,
    delays(from, to) {
      let at = 0;
      return labels.slice(from, to).map(({ offset, appendedMs }) => {
        while ((reached[at]?.offset ?? Infinity) < offset) at += 1;
        return (reached[at]?.seenMs ?? Infinity) - appendedMs;
      });
    },
  };
}
/** A peer tells counts only: the nth feedback in order of append is taken as seen when the counts add up to n. */
function countingClock(output: string): Clock {
  const appended: number[] = [];
  const counts = new Map<string, number>();
  const reached: { readonly total: number; readonly seenMs: number }[] = [];
  let total = 0;
  return {
    topics: ['feedback', output],
    take(topic, { key, value, timeMs, seenMs }) {
      if (topic === 'feedback') appended.push(timeMs);
      else {
        const count = Number(value?.toString() ?? 0);
        total += count - (counts.get(key) ?? 0);
        counts.set(key, count);
        if (total > (reached.at(-1)?.total ?? 0)) reached.push({ total, seenMs });
      }
      return Promise.resolve();
    },
    seen: () => total,
    delays(from, to) {
      let at = 0;
      return [...appended].sort((a, b) => a - b).slice(from, to).map((appendedMs, i) => {
        while ((reached[at]?.total ?? Infinity) < from + i + 1) at += 1;
        return (reached[at]?.seenMs ?? Infinity) - appendedMs;
      });
    },
  };
}

async function sendSteadily(feeder: Feeder, framer: Framer, feed: JoinFeed, from: number, to: number): Promise<void> {
  const started = performance.now();
  for (let sent = from; sent < to; await pause(STEP_MS)) {
    const due = Math.min(to, from + Math.floor(((performance.now() - started) / 1000) * FEEDBACK_PER_SECOND));
    if (due === sent) continue;
    await feeder.send('feedback', Array.from({ length: due - sent }, (_, k) => framer.feedback(feed.feedbackOf(sent + k)[0] ?? raise())));
    await feeder.flush();
    sent = due;
  }
}
const raise = (): never => {
  throw new RangeError('every prediction has feedback');
};

/** waiting: predictions without a label, more than the feedback that follows. seconds: of steady feedback, beside the warm-up. */
export async function measureLive(stack: BenchStack, contender: Contender, feed: JoinFeed, { waiting, seconds }: { waiting: number; seconds: number }): Promise<Live> {
  await recreate(stack, INPUTS);
  const attempt: Attempt = await contender.fresh(stack);
  const framer = await createFramer(stack.registry);
  const feeder = await createFeeder(stack.settings);
  try {
    await feedRange(feeder, 'predictions', 0, waiting, (i) => framer.prediction(feed.prediction(i)));
    const clock = contender.name === 'ours' ? exactClock(stack) : countingClock(attempt.output);
    const reader = await readTopics(stack.settings, clock.topics, clock.take);
    let running = attempt.start();
    try {
      let check = watchEnds(running);
      await withAdmin(stack.settings, 'bench-admin', (admin) => untilTrue('all predictions read', check, async () => (await inputsDone(admin, attempt.group)) >= waiting));
      const memory = memoryOf(running.map(({ pid }) => pid));
      await stopAll(running);
      const started = performance.now();
      running = attempt.start();
      check = watchEnds(running);
      await feeder.send('feedback', [framer.feedback(feed.feedbackOf(0)[0] ?? raise())]);
      await feeder.flush();
      await untilTrue('a tally after the restart', check, () => clock.seen() >= 1);
      const restartMs = performance.now() - started;
      const [warm, all] = [WARM_UP_S * FEEDBACK_PER_SECOND, (WARM_UP_S + seconds) * FEEDBACK_PER_SECOND];
      await sendSteadily(feeder, framer, feed, 1, all);
      await untilTrue('the last tally', check, () => clock.seen() >= all);
      return { memory, restartMs, delaysMs: clock.delays(warm, all) };
    } finally {
      await reader.stop();
      await stopAll(running);
    }
  } finally {
    await feeder.close();
    await attempt.clear();
  }
}
