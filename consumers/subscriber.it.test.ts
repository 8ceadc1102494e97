// A member that falls out of its group while it handles a record (suspended, or a clock set back) joins again and is handed the record again; it does not end.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { silent } from '../producers/kafka.ts';
import { withAdmin } from '../producers/withAdmin.ts';
import { aFeedback, closeAtEnd, openBench, until } from '../stack/testing.ts';
import { subscribe } from './subscriber.ts';

test('fallen out of the group while a record is handled: it is handled again, and committed', async (t) => {
  const { settings, publisher } = await openBench(t);
  const [id, groupId] = [randomUUID(), `test-${randomUUID()}`];
  const membersOf = (): Promise<number> => withAdmin(settings, 'test', async (admin) => (await admin.describeGroups([groupId])).groups[0]?.members.length ?? 0);
  await publisher.send([{ topic: 'feedback', key: id, value: aFeedback(id, 'f', null) }]);
  let handled = 0;
  const fatal: unknown[] = [];
  const subscription = await subscribe({
    settings, clientId: 'test-subscriber', groupId, log: silent, topics: ['feedback'], onFatal: (error) => fatal.push(error),
    async onRecord({ key }) {
      if (key?.toString() !== id) return;
      handled += 1;
      // No heartbeat is sent meanwhile.
      if (handled === 1) await until('the member has fallen out', async () => ((await membersOf()) === 0 ? true : undefined));
    },
  });
  closeAtEnd(t, () => subscription.stop());
  await until('it is handled again, or the subscription ends', () => (handled >= 2 || fatal.length > 0 ? true : undefined));
  assert.deepEqual(fatal, []);
  await until('all is committed', () => ([...subscription.lags().values()].every((lag) => lag === 0) ? true : undefined));
  assert.deepEqual([handled, await membersOf()], [2, 1]);
});
