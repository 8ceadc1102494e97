// Purging dead letters: what is asked for when all that are shown are meant, and in words what a purge will do, has done, and could not.
import { count, plural } from './format.ts';
import type { DeadLetter, Purged } from './wire.ts';

export type Wish = { readonly ids: readonly string[] } | { readonly topic?: string; readonly before_ms: number };
export const oneOf = ({ id }: DeadLetter): Wish => ({ ids: [id] });
/** All of a topic ('': of every topic), but none that was set aside after the newest that is shown: nobody has seen those. undefined: nothing is shown. */
export function allShown(topic: string, items: readonly Pick<DeadLetter, 'at_ms'>[]): Wish | undefined {
  const before = items.reduce((newest, { at_ms }) => Math.max(newest, at_ms + 1), 0);
  return before === 0 ? undefined : { ...(topic === '' ? {} : { topic }), before_ms: before };
}

const least = ({ complete }: Purged): string => (complete ? '' : 'at least ');
/** What a dry run has counted. */
export const wouldGo = (counted: Purged): string => `${least(counted)}${plural(counted.purged, 'dead letter')}`;
const RETENTION_DAYS = 30;
export function purgedText(done: Purged): string {
  const more = done.complete ? '' : ' There were too many for one look: purge again to have the rest cut from the log.';
  const held = done.in_log === 0 ? '' : ` Kafka still holds ${done.in_log === 1 ? '1 purged one' : `${count(done.in_log)} purged ones`} that nobody is shown: until those before are purged too, or ${RETENTION_DAYS} days after they were written.`;
  return `Purged ${wouldGo(done)}; ${count(done.kept)} ${done.kept === 1 ? 'stays' : 'stay'}.${more}${held}`;
}
