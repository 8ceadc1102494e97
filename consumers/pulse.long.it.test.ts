// ./loop test --long pulse. Consumers that fall silent, on the real broker: they are started again in place and go on, without a record lost or handled twice where that is promised; one that stays silent is given up.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test, type TestContext } from 'node:test';
import { silent } from '../producers/kafka.ts';
import { aPrediction, closeAtEnd, openBench, until, watch, type Bench } from '../stack/testing.ts';
import { deadLetterOf } from './deadLetters.ts';
import { endsOf } from './topicEnds.ts';
import { follow } from './follow.ts';
import { openPulse, type Pulse, type Watched } from './pulse.ts';
import { runShards } from './shards.ts';
import { subscribe } from './subscriber.ts';

/** Longer than a member that has fallen silent is waited for; a follower is alone in its group. */
const MEMBER_STALL_MS = 10_000;
const ALONE_STALL_MS = 3000;
const forTest = (bench: Bench, stallMs: number) => ({ ...bench.settings, stallMs });
/** For as long as the test: what hangs beyond it would keep its process. Released first of all. */
function hangOf(t: TestContext): { readonly promise: Promise<undefined>; readonly isUsed: () => boolean; readonly use: () => Promise<undefined> } {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  let used = false;
  t.after(() => resolve(undefined));
  return { promise, isUsed: () => used, use: () => ((used = true), promise) };
}
const failed = (error: unknown): never => {
  throw error;
};
function pulseOf(t: TestContext, bench: Bench, stallMs: number): Pulse {
  const pulse = openPulse({ settings: forTest(bench, stallMs), name: `test-${randomUUID()}`, log: silent, onStuck: failed });
  closeAtEnd(t, () => pulse.stop());
  return pulse;
}
const send = (bench: Bench, ids: readonly string[]): Promise<void> => bench.publisher.send(ids.map((id) => ({ topic: 'predictions', key: id, value: aPrediction(id, 'v1') })));
const idsOf = (mark: string, count: number): string[] => Array.from({ length: count }, (_, i) => `${mark}-${i}`);

// Most of their time is waiting.
describe('the watchdog', { concurrency: true }, () => {
  test('a follower whose handler never comes back is started again in place, from where it stood', async (t) => {
    const bench = await openBench(t);
    const pulse = pulseOf(t, bench, ALONE_STALL_MS);
    const mark = randomUUID();
    const clientId = `hang-${mark}`;
    const heard = new Set<string>();
    const hang = hangOf(t);
    const startAt = await endsOf(bench.settings, 'predictions');
    const following = await follow({
      settings: bench.settings, clientId, log: silent, topics: ['predictions'], startAt, pulse, onFatal: failed,
      async onBatch(records) {
        for (const { key } of records) {
          const id = key?.toString() ?? '';
          if (!id.startsWith(mark)) continue;
          if (!hang.isUsed()) await hang.use();
          heard.add(id);
        }
      },
    });
    closeAtEnd(t, () => void following.stop().catch(() => undefined));
    await send(bench, idsOf(mark, 20));
    await until('all are heard', () => (heard.size === 20 ? true : undefined));
    assert.equal(pulse.restarts().get(clientId), 1);
    assert.equal(pulse.away(), undefined);
  });

  test('a group consumer that ends without a word goes on from its commits; one that is idle or waits for something is left alone', async (t) => {
    const bench = await openBench(t);
    const pulse = pulseOf(t, bench, MEMBER_STALL_MS);
    const mark = randomUUID();
    const [idle, hanging] = [`idle-${mark}`, `hang-${mark}`];
    const heard: string[] = [];
    const hang = hangOf(t);
    let refusals = 0;
    const subscriptionOf = (name: string, onRecord: (id: string) => Promise<void>) => subscribe({ settings: bench.settings, clientId: name, groupId: name, log: silent, topics: ['models'], pulse, onFatal: failed, onRecord: ({ key }) => onRecord(key?.toString() ?? '') });
    const isOurs = (id: string): boolean => id.startsWith(mark);
    const promote = (id: string): Promise<void> => bench.publisher.send([{ topic: 'models', key: id, value: { model_name: id, model_version: 'v1', promotion_seq: 1, manifest_uri: 's3://models/none', manifest_sha256: '0', weights_sha256: '0', run_id: id, retrain_id: id, cause: 'test', previous_version: null, categories: [], promoted_at: 0, restored: false, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null } }]);
    const subscriptions = await Promise.all([
      subscriptionOf(hanging, async (id) => {
        if (!isOurs(id)) return;
        if (!hang.isUsed() && id.endsWith('-2')) await hang.use();
        heard.push(id);
      }),
      subscriptionOf(idle, (id) => {
        // What it needs is away for longer than a stall.
        if (isOurs(id) && id.endsWith('-1') && (refusals += 1) < 10) throw Object.assign(new Error('away'), { retryable: true });
        return Promise.resolve();
      }),
    ]);
    closeAtEnd(t, () => void Promise.all(subscriptions.map((one) => one.stop())).catch(() => undefined));
    for (let i = 0; i < 5; i += 1) await promote(`${mark}-${i}`);
    await until('all are heard', () => (new Set(heard).size === 5 ? true : undefined));
    await until('what was away is back', () => (refusals >= 10 ? true : undefined));
    assert.deepEqual(heard, idsOf(mark, 5));
    assert.deepEqual([pulse.restarts().get(hanging), pulse.restarts().get(idle)], [1, 0]);
  });

  test('shards that are started again in the middle of the stream lose nothing and say nothing twice', async (t) => {
    const bench = await openBench(t);
    const mark = randomUUID();
    const name = `again-${mark}`;
    const watched: Watched[] = [];
    const pulse: Pick<Pulse, 'watch'> = { watch: (one) => void watched.push(one) };
    const answers = await watch(t, bench, 'dead-letters');
    const ours = (): string[] => answers.map(({ error }) => error).filter((id) => id.startsWith(mark));
    const shards = await runShards({
      settings: bench.settings, registry: bench.registry, log: silent, name, topics: ['predictions'], onNewLog: 'hold', onFatal: failed, pulse: pulse as Pulse,
      open: () => Promise.resolve({
        handle: (_topic, records) => Promise.resolve(records.filter(({ key }) => key?.toString().startsWith(mark) === true).map((record) => deadLetterOf(record, 'test', record.key?.toString() ?? '', name, 0))),
      }),
    });
    closeAtEnd(t, () => shards.stop());
    const ids = idsOf(mark, 600);
    for (let i = 0; i < ids.length; i += 50) {
      await send(bench, ids.slice(i, i + 50));
      if (i === 200 || i === 400) {
        await until('some are answered', () => (ours().length > i / 2 ? true : undefined));
        // As the watchdog does: nobody waits for it.
        void watched[0]?.restart();
      }
    }
    await until('all are answered', () => (new Set(ours()).size === ids.length ? true : undefined), 90_000);
    assert.equal(ours().length, ids.length);
  });

  test('shards whose work never comes back are given up after every restart', async (t) => {
    const bench = await openBench(t);
    const mark = randomUUID();
    const name = `stuck-${mark}`;
    const hang = hangOf(t);
    const stuck: unknown[] = [];
    const settings = { ...bench.settings, stallMs: 400 };
    const pulse = openPulse({ settings, name, log: silent, onStuck: (error) => void stuck.push(error) });
    closeAtEnd(t, () => pulse.stop());
    const shards = await runShards({ settings, registry: bench.registry, log: silent, name, topics: ['predictions'], onNewLog: 'hold', onFatal: failed, pulse, open: () => Promise.resolve({ handle: (_topic, records) => (records.some(({ key }) => key?.toString().startsWith(mark)) ? hang.promise.then(() => []) : Promise.resolve([])) }) });
    closeAtEnd(t, () => void shards.stop().catch(() => undefined));
    // On a busy machine to join may take longer than it is let be silent here, and be begun again.
    await until('its shards are live', () => (shards.live().length === shards.owned()?.length ? true : undefined));
    const before = pulse.restarts().get(name) ?? 0;
    await send(bench, idsOf(mark, 10));
    assert.match(String(await until('it is given up', () => stuck[0])), /the consumer stuck-\S+ stays silent through 3 restarts although records wait/);
    assert.equal(pulse.restarts().get(name), before + 3);
  });

  test('a broker that is not there is said to be away', async (t) => {
    const bench = await openBench(t);
    const settings = { ...bench.settings, kafkaBootstrap: '127.0.0.1:1', answerDeadlineMs: 100 };
    const pulse = openPulse({ settings, name: 'nowhere', log: silent, onStuck: failed });
    closeAtEnd(t, () => pulse.stop());
    assert.equal(pulse.away(), undefined);
    assert.match(await until('it is said', () => pulse.away()), /^Kafka has not answered for \d+ s$/);
  });
});
