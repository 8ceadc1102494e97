// Which sends travel together, which are refused because too much is open, and which have waited too long: decided without a broker, a clock or a promise.
// Nothing lingers: what comes while as many groups are under way as may be goes together in the next, so groups grow with the load and a lone send leaves at once.

export type Size = { readonly messages: number; readonly bytes: number };
export type Limits = {
  /** Groups under way at a time. */
  readonly inFlight: number;
  /** What the broker takes as one batch. A send that is larger goes alone. */
  readonly group: Size;
  /** Sends and bytes that are not settled yet; beyond them an offer is refused (one that finds nothing open is taken whatever its size). */
  readonly openSends: number;
  readonly openBytes: number;
  /** From the offer to the answer. */
  readonly deadlineMs: number;
};
export type Load = { readonly sends: number; readonly bytes: number; readonly inFlight: number };
type Send<T> = { readonly what: T; readonly size: Size; readonly untilMs: number; late: boolean };
/** Sends under way together. */
export type Group<T> = { readonly sends: readonly { readonly what: T }[] };

export type GroupCommit<T> = {
  /** false: refused. Times never go back. */
  offer(what: T, size: Size, nowMs: number): boolean;
  /** The next sends, in the order of their offers, when a group may go now. */
  cut(): Group<T> | undefined;
  /** The broker has answered for this group, well or badly: whom to tell (not those who were told that it is too late). */
  settled(group: Group<T>): T[];
  /** Who has waited until his deadline, told once. Those still waiting are dropped and never sent; those under way stay open until their group is settled. */
  expire(nowMs: number): T[];
  /** When `expire` may have something to tell. */
  readonly nextDeadlineMs: () => number | undefined;
  readonly load: () => Load;
};

export function createGroupCommit<T>({ inFlight, group: most, openSends, openBytes, deadlineMs }: Limits): GroupCommit<T> {
  let waiting: Send<T>[] = [];
  const underWay = new Map<Group<T>, readonly Send<T>[]>();
  const open = { sends: 0, bytes: 0 };
  const forget = ({ size }: Send<T>): void => {
    open.sends -= 1;
    open.bytes -= size.bytes;
  };
  return {
    offer(what, size, nowMs) {
      if (open.sends > 0 && (open.sends >= openSends || open.bytes + size.bytes > openBytes)) return false;
      open.sends += 1;
      open.bytes += size.bytes;
      waiting.push({ what, size, untilMs: nowMs + deadlineMs, late: false });
      return true;
    },
    cut() {
      if (waiting.length === 0 || underWay.size >= inFlight) return undefined;
      let [messages, bytes, count] = [0, 0, 0];
      for (const { size } of waiting) {
        messages += size.messages;
        bytes += size.bytes;
        if (count > 0 && (messages > most.messages || bytes > most.bytes)) break;
        count += 1;
      }
      const sends = count === waiting.length ? waiting : waiting.slice(0, count);
      waiting = count === waiting.length ? [] : waiting.slice(count);
      const group: Group<T> = { sends };
      underWay.set(group, sends);
      return group;
    },
    settled(group) {
      const sends = underWay.get(group) ?? [];
      underWay.delete(group);
      sends.forEach(forget);
      return sends.filter(({ late }) => !late).map(({ what }) => what);
    },
    expire(nowMs) {
      const isLate = ({ untilMs }: Send<T>): boolean => untilMs <= nowMs;
      const told: T[] = [];
      for (const sends of underWay.values()) {
        for (const send of sends) {
          if (send.late || !isLate(send)) continue;
          send.late = true;
          told.push(send.what);
        }
      }
      // All have the same time, so the first ones are the late ones.
      let dropped = 0;
      for (const send of waiting) {
        if (!isLate(send)) break;
        forget(send);
        told.push(send.what);
        dropped += 1;
      }
      if (dropped > 0) waiting = waiting.slice(dropped);
      return told;
    },
    nextDeadlineMs() {
      const firsts = [...[...underWay.values()].map((sends) => sends.find(({ late }) => !late)), waiting[0]];
      const times = firsts.flatMap((send) => (send === undefined ? [] : [send.untilMs]));
      return times.length === 0 ? undefined : Math.min(...times);
    },
    load: () => ({ ...open, inFlight: underWay.size }),
  };
}
