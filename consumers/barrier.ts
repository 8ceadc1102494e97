// What of a fetched batch a shard may be handed, and when it may speak. A replay gets only what lies below the committed positions; nothing is emitted or
// committed before every topic has been read up to its own (the barrier): otherwise a crash in the middle loses pairs whose one side was read and other not.

/** How far one topic of a shard is. committed: the position in force when the shard was opened. next: the next offset to hand over, control records included. */
export type Reached = { readonly committed: bigint; readonly next: bigint };
export type Barrier = (places: readonly Reached[]) => boolean;
export const allReached: Barrier = (places) => places.every(({ committed, next }) => next >= committed);

export type Due =
  /** The batch does not begin where this topic stands: it is of another time, or the log has moved. */
  | { readonly status: 'elsewhere' }
  /** Offsets from `from` up to, not with, `to`; `to` is the next position, whether or not records stand there. */
  | { readonly status: 'due'; readonly from: bigint; readonly to: bigint };

/** fetchedAt: the offset that was asked for. last: the last offset of the batch, control and aborted records included. */
export function dueOf({ committed, next }: Reached, live: boolean, fetchedAt: bigint, last: bigint): Due {
  if (fetchedAt > next || last < next) return { status: 'elsewhere' };
  const after = last + 1n;
  if (live || after <= committed) return { status: 'due', from: next, to: after };
  return { status: 'due', from: next, to: committed > next ? committed : next };
}
