// A training that outlasts the session of the consumer that ordered it: the member stays, requests that arrive meanwhile are recorded, and nothing is delivered twice.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { subscribe } from '../../consumers/subscriber.ts';
import { createKafka, silent } from '../../producers/kafka.ts';
import { CANCEL, type RetrainRequested } from '../../schemas/events.ts';
import { openBench, until } from '../../stack/testing.ts';
import { createCancel } from './cancel.ts';
import { createIntake } from './intake.ts';
import { own, requestOf } from '../tiny.testing.ts';
import { startWorker } from './worker.ts';

const SESSION_MS = 6000;
const SLOW = join(import.meta.dirname, 'slowChild.testing.ts');

/** Trains for so many session time-outs. */
export async function outlast(t: TestContext, sessions: number): Promise<void> {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { ledger, model } = mine;
  const settings = { ...mine.settings, sessionTimeoutMs: SESSION_MS };
  const groupId = `heartbeat-${model}`;
  const worker = startWorker({ settings, env: mine.env, registry: bench.registry, ledger, artifacts: mine.artifacts, log: silent, onOutcome: () => undefined, onStage: () => undefined, onFatal: (error) => assert.fail(String(error)), childProgram: SLOW });
  const intake = createIntake({
    settings, registry: bench.registry, ledger, log: silent, nowMs: Date.now, publish: () => Promise.resolve(), countDead: (reason) => assert.fail(reason), onClaimed: () => Promise.resolve(worker.wake()),
    order: createCancel({ ledger, artifacts: mine.artifacts, log: silent, stopRun: worker.stopRun, onOutcome: () => undefined }),
  });
  const delivered: string[] = [];
  const subscription = await subscribe({
    settings, clientId: 'test-heartbeat', groupId, log: silent, topics: ['retrain-requests'], onFatal: (error) => assert.fail(String(error)),
    async onRecord(record) {
      // The topic is everybody's; the other tests' requests are not ours.
      if (record.key?.toString() !== model) return;
      delivered.push(String(record.offset));
      await intake(record);
    },
  });
  const admin = createKafka(settings, 'test-heartbeat-admin').admin();
  await admin.connect();
  const members = new Set<string>();
  const look = async (): Promise<number> => {
    const [group] = (await admin.describeGroups([groupId])).groups;
    members.add(`${group?.state ?? ''} ${group?.members.map((member) => member.memberId).join(' ') ?? ''}`);
    return group?.members.length ?? 0;
  };
  const send = (request: RetrainRequested): Promise<void> => bench.publisher.send([{ topic: 'retrain-requests', key: model, value: request }]);
  const row = async (retrainId: string) => ledger.find(retrainId);
  const cancel = async (retrainId: string): Promise<void> => send({ ...requestOf(model, CANCEL), params_json: JSON.stringify({ id: (await row(retrainId))?.id }), requested_by: 'a test' });
  try {
    const slow = `${model}/manual/slow`;
    await send(requestOf(model, 'manual', { retrain_id: slow }));
    await until('the training to run', async () => ((await row(slow))?.progress != null ? true : undefined));
    const began = performance.now();
    assert.equal(await look(), 1);
    const arriving = [`${model}/v1/1`, `${model}/v1/2`, `${model}/schedule/1`];
    for (const [i, retrainId] of arriving.entries()) {
      await send(requestOf(model, i < 2 ? 'drift' : 'schedule', { retrain_id: retrainId, ...(i < 2 ? { model_version: 'v1', newest_predicted_at: Date.now() } : {}) }));
      await until(`${retrainId} to be recorded while the training runs`, async () => ((await row(retrainId))?.status === 'PENDING' ? true : undefined));
    }
    await until(`${sessions} session time-outs to pass`, async () => {
      await look();
      return performance.now() - began > sessions * SESSION_MS ? true : undefined;
    }, (sessions + 10) * SESSION_MS);
    assert.equal((await row(slow))?.status, 'RUNNING');
    // The member that took the request is the one that hears that it shall stop.
    await cancel(slow);
    const outcome = async (retrainId: string): Promise<string | undefined> => ((await row(retrainId))?.status === 'FINISHED' ? ((await row(retrainId))?.outcome ?? undefined) : undefined);
    assert.equal(await until('the slow one to end', () => outcome(slow)), 'cancelled');
    const [first = '', second = '', last = ''] = arriving;
    assert.deepEqual([await until('the first drift', () => outcome(first)), await until('the second drift', () => outcome(second))], ['superseded', 'superseded']);
    assert.match((await row(second))?.outcome_reason ?? '', /schedule\/1 was requested later/);
    await until('the last one to run', async () => ((await row(last))?.status === 'RUNNING' ? true : undefined));
    await cancel(last);
    assert.equal(await until('the last one to end', () => outcome(last)), 'cancelled');
    assert.equal(await look(), 1);
    assert.equal(members.size, 1, [...members].join(' | '));
    assert.deepEqual([delivered.length, new Set(delivered).size], [6, 6]);
  } finally {
    await subscription.stop();
    await worker.stop();
    await admin.disconnect();
  }
}
