// When the scheduled training is due. The slot number stands in the request's id, so that asking twice is asking once.
import type { Offsets } from '../data/dataset.ts';

export type ScheduleFacts = {
  readonly nowMs: number; /** 0: no schedule */ readonly everyMs: number; readonly autoRetrain: 'on' | 'off';
  /** when the last training of the model ended that saw its data; undefined: none has yet */
  readonly lastTrainedMs: number | undefined;
  /** the slot that was looked at last, and what came of it */
  readonly settledSlot: number | undefined;
};
export type Schedule = { readonly status: 'off'; readonly reason: string } | { readonly status: 'waits'; /** undefined: for the first training to end */ readonly dueAtMs: number | undefined } | { readonly status: 'due'; readonly slot: number };

export function scheduleAt({ nowMs, everyMs, autoRetrain, lastTrainedMs, settledSlot }: ScheduleFacts): Schedule {
  if (everyMs === 0) return { status: 'off', reason: 'RETRAIN_EVERY_MS is 0' };
  if (autoRetrain === 'off') return { status: 'off', reason: 'AUTO_RETRAIN is off' };
  if (lastTrainedMs === undefined) return { status: 'waits', dueAtMs: undefined };
  if (nowMs - lastTrainedMs < everyMs) return { status: 'waits', dueAtMs: lastTrainedMs + everyMs };
  const slot = Math.floor(nowMs / everyMs);
  return slot === settledSlot ? { status: 'waits', dueAtMs: (slot + 1) * everyMs } : { status: 'due', slot };
}

/** Whether a topic has grown beyond what a training had seen of it. A partition the training did not know counts when it is not empty. */
export const hasGrown = (ends: ReadonlyMap<string, bigint>, seen: Offsets): boolean => [...ends].some(([place, end]) => end > BigInt(seen[place] ?? 0));
