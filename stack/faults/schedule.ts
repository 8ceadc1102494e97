// Which members are hurt, and when: a pure list from a seed. Lanes side by side, the joins, the monitors and where there are any the inferences; acts of a lane come one after another, each not
// before so many events were written. A member that is hurt comes back; at most one of a lane is down for long.
import { createRandom } from '../../schemas/random.ts';

export const LANES = ['join', 'monitor', 'inference'] as const;
export type Lane = (typeof LANES)[number];
/** kill: -9. suspend: SIGSTOP past the session time-out, SIGCONT when another has taken over. remove: SIGTERM. Each comes back; add: one more member, from here on. */
export type Kind = 'kill' | 'suspend' | 'remove' | 'add';
export type Act = {
  readonly lane: Lane; readonly kind: Kind;
  /** The member's number; should it own nothing at that moment, the next one that does. */
  readonly member: number;
  /** Not before so many events were written. */
  readonly atEvents: number;
};
/** How often; a lane that is left out: never, and it has no members. */
type PerLane = Readonly<Partial<Record<Lane, number>>>;
export type Plan = { readonly members: PerLane; readonly kills: PerLane; readonly suspends: PerLane; readonly removes: PerLane; readonly events: number };

/** Acts of all lanes, each lane in its order. A third member is not there from the beginning: the first act of its lane adds it. */
export function scheduleOf(seed: number, { members, kills, suspends, removes, events }: Plan): Act[] {
  const random = createRandom(seed);
  return LANES.flatMap((lane) => {
    const kinds = random.shuffle([...Array<Kind>(kills[lane] ?? 0).fill('kill'), ...Array<Kind>(suspends[lane] ?? 0).fill('suspend'), ...Array<Kind>(removes[lane] ?? 0).fill('remove')]);
    const count = members[lane] ?? 0;
    if (count > 2) kinds.unshift('add');
    return kinds.map((kind, i): Act => ({ lane, kind, member: kind === 'add' ? count - 1 : random.below(count), atEvents: Math.round(events * (0.02 + (0.93 * (i + random.next())) / kinds.length)) }));
  });
}
export const countOf = (acts: readonly Act[], kind: Kind): number => acts.filter((act) => act.kind === kind).length;
