// Whether a topic's log is the one whose positions are committed, and where to go on in it. Pure. A topic that is deleted and made anew has its name, its partitions and soon its offsets, but another id:
// going on at the old position would skip in silence what stands below it. Beginning anew is safe only for who remembers nothing of the old log; everybody else is held until a person decides.
import type { TopicName } from '../schemas/topics.ts';

/** What the last commit tells. position: undefined when there is none. logId: the topic's id then; undefined when it was not noted. */
export type Remembered = { readonly position: bigint | undefined; readonly logId: string | undefined };
/** What the broker tells. logId: undefined when it is too old to know ids. */
export type Found = { readonly low: bigint; readonly high: bigint; readonly logId: string | undefined };
export type Manner = {
  /** Some topic of the same commit has a position: the broker forgets those of a topic that is deleted. */
  readonly committedBefore: boolean;
  /** A new log may be begun: its reader remembers nothing of the one before, or a person has named its id (ACCEPTED_LOGS). */
  readonly mayBegin: boolean;
};
export type Verdict =
  /** gone: so many offsets were deleted before they were read. */
  | { readonly status: 'goes on'; readonly position: bigint; readonly gone: bigint }
  /** anew: another log was read before. */
  | { readonly status: 'begins'; readonly position: bigint; readonly anew: boolean }
  | { readonly status: 'held'; readonly code: 'log_replaced' | 'log_shorter' };

export function judgeLog({ position, logId: known }: Remembered, { low, high, logId }: Found, { committedBefore, mayBegin }: Manner): Verdict {
  const isSame = known !== undefined && known === logId;
  const isOther = position === undefined ? committedBefore && !isSame : known !== undefined && logId !== undefined && !isSame;
  // Of a log of which nothing was read nothing can be mistaken.
  if (isOther && position !== 0n) return mayBegin ? { status: 'begins', position: low, anew: true } : { status: 'held', code: 'log_replaced' };
  if (isOther || position === undefined) return { status: 'begins', position: low, anew: false };
  // A broker that has lost the end of a log has it under the same id; and a permission to begin it, given long ago, is none to read it all again.
  if (position > high) return mayBegin && !isSame ? { status: 'begins', position: low, anew: true } : { status: 'held', code: 'log_shorter' };
  return { status: 'goes on', position: position < low ? low : position, gone: position < low ? low - position : 0n };
}

const MARK = 'logs';
/** Ids of topics as a text that is committed beside a position: `logs predictions=… feedback=…`. */
export const writeLogIds = (ids: ReadonlyMap<TopicName, string>): string => [MARK, ...[...ids].map(([topic, id]) => `${topic}=${id}`)].join(' ');
/** Undefined: the text is something else. */
export function readLogIds(text: string): ReadonlyMap<string, string> | undefined {
  const [mark, ...pairs] = text.split(' ');
  return mark === MARK ? new Map(pairs.map((pair): [string, string] => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])) : undefined;
}
