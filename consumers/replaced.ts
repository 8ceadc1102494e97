// A kafkajs consumer that was replaced must end. One that is told so while it joins its group goes on all the same: it would be a member with partitions, and handle nothing.
import type { Consumer } from 'kafkajs';

export function leaveWhenReplaced(consumer: Consumer, isCurrent: () => boolean): void {
  consumer.on(consumer.events.FETCH_START, () => {
    // Its leaving waits for what it is at: not to be waited for here.
    if (!isCurrent()) consumer.disconnect().catch(() => undefined);
  });
}
