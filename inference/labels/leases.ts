// Who has which prediction in hand to label. An item is held by one at most; it is free again when its time has run out or it is given back. Time is an argument.

export type Taken = { readonly id: string; readonly untilMs: number };
/** What a holder has now, and what others have. */
export type InHand = { readonly mine: readonly string[]; readonly others: readonly string[] };
export type Leases = {
  /** Those of `ids` that are the holder's from now on: free ones, and his own, for a full lease. */
  take(holder: string, ids: readonly string[], nowMs: number): Taken[];
  /** They are the holder's, whoever had them before: somebody who knows better has said so. */
  note(holder: string, ids: readonly string[], nowMs: number): void;
  release(holder: string, ids: readonly string[]): void;
  held(holder: string, nowMs: number): InHand;
};

export function createLeases(leaseMs: number): Leases {
  const byId = new Map<string, { readonly holder: string; readonly untilMs: number }>();
  /** One that reaches further than a whole lease was given before the clock was set back. */
  const isOver = (untilMs: number, nowMs: number): boolean => untilMs <= nowMs || untilMs > nowMs + leaseMs;
  return {
    take(holder, ids, nowMs) {
      const mine = ids.filter((id) => {
        const lease = byId.get(id);
        return lease === undefined || lease.holder === holder || isOver(lease.untilMs, nowMs);
      });
      for (const id of mine) byId.set(id, { holder, untilMs: nowMs + leaseMs });
      return mine.map((id) => ({ id, untilMs: nowMs + leaseMs }));
    },
    note(holder, ids, nowMs) {
      for (const id of ids) byId.set(id, { holder, untilMs: nowMs + leaseMs });
    },
    release(holder, ids) {
      for (const id of ids) if (byId.get(id)?.holder === holder) byId.delete(id);
    },
    held(holder, nowMs) {
      for (const [id, { untilMs }] of byId) if (isOver(untilMs, nowMs)) byId.delete(id);
      const all = [...byId];
      return { mine: all.filter(([, lease]) => lease.holder === holder).map(([id]) => id), others: all.filter(([, lease]) => lease.holder !== holder).map(([id]) => id) };
    },
  };
}

/** Nobody keeps the whole queue to himself. */
export const MOST_HELD = 200;
/** What of the offered a holder may have: what he has anyway, and new ones up to MOST_HELD in all. */
export function allowed(offered: readonly string[], mine: readonly string[]): string[] {
  const held = new Set(mine);
  let room = Math.max(0, MOST_HELD - held.size);
  return offered.filter((id) => held.has(id) || room-- > 0);
}
