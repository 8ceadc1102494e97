// While a shard catches up, its topics are read at the pace of the first: the join's predictions before the feedback on them, as they came in life. Without this the topic
// with the smaller records runs ahead, and what waits for its other side is stored, read and written once more. Only a matter of speed: any order gives the same outputs.

/** How far one topic of a shard is. newestMs: broker time of the last record handed over. spanMs: broker time that the last batch moved on. */
export type Pace = { readonly next: bigint; readonly high: bigint; readonly newestMs: number; readonly spanMs: number };
/** With fewer unread records than this the first topic is not behind but alive. */
const BEHIND_RECORDS = 500n;

/** Whether a topic waits for the first: another batch as long as its last would end later than the first has been read, and the first has much to read.
 *  One without unread records never waits: only a topic that is read can be known to have been read to its end. */
export const mustWait = (topic: Pace, first: Pace): boolean =>
  topic.next < topic.high && first.high - first.next >= BEHIND_RECORDS && first.newestMs < topic.newestMs + topic.spanMs;
