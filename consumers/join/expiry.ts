// When state may go, and what is remembered of it beside the committed positions. Clocks merely free memory: matching depends on broker times alone.
import type { TopicName } from '../../schemas/topics.ts';
import { NOTHING_TOLD, type Side, type Told } from './join.ts';

/** The time that both inputs have passed: nothing with an earlier broker time is still to come on either. An input has passed what its newest record says, and also
 *  the wall clock less a margin at a moment when it had been read to its end; so an idle input holds up nothing, and one that lags frees nothing too soon. */
export function passedMs(newestMs: Readonly<Record<Side, number>>, caughtUpAtMs: (topic: TopicName & Side) => number | undefined, marginMs: number): number {
  const passed = (side: Side): number => Math.max(newestMs[side], (caughtUpAtMs(side) ?? Number.NEGATIVE_INFINITY) - marginMs);
  return Math.min(passed('predictions'), passed('feedback'));
}

/** The note that is committed beside the positions: a restart tells no orphan twice. */
export const noteOf = ({ below, beforeMs }: Told): string => `${below} ${beforeMs}`;
/** A note that cannot be read is as good as none. */
export function toldIn(note: string): Told {
  const match = /^(\d+) (\d+)$/.exec(note);
  return match === null ? NOTHING_TOLD : { below: Number(match[1]), beforeMs: Number(match[2]) };
}
/** What was told, when a topic is begun anew. Offsets of another feedback mean nothing. Under other predictions all feedback that is read again was answered once: most of it had its prediction in the log that is gone, and would now be told as orphaned. */
export function toldAnew(told: Told, anew: ReadonlySet<TopicName>, feedbackFrom: number): Told {
  if (anew.has('feedback')) return { ...told, below: 0 };
  return anew.has('predictions') ? { ...told, below: Math.max(told.below, feedbackFrom) } : told;
}
