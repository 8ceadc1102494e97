// Asks for the scheduled training when it is due and there is something new to learn.
import { endsOf } from '../../consumers/topicEnds.ts';
import type { Log } from '../../producers/kafka.ts';
import { orderRecord } from '../../producers/order.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { scheduleRetrainId } from '../../schemas/ids.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Offsets } from '../data/dataset.ts';
import type { Ledger } from '../record/ledger.ts';
import { hasGrown, scheduleAt } from './schedule.ts';

export type Scheduler = { /** Looks once; resolves to what came of it, in words. */ look(): Promise<string>; /** what the last look said */ state(): string };

export function createScheduler({ settings, ledger, publish, log, nowMs }: { settings: Settings; ledger: Pick<Ledger, 'lastTrained' | 'known'>; publish: (messages: readonly Outgoing[]) => Promise<void>; log: Log; nowMs: () => number }): Scheduler {
  let settled: { readonly slot: number; readonly what: string } | undefined;
  let state = 'not looked yet';
  async function look(): Promise<string> {
    const last = await ledger.lastTrained(settings.modelName);
    const now = nowMs();
    const schedule = scheduleAt({ nowMs: now, everyMs: settings.retrainEveryMs, autoRetrain: settings.autoRetrain, lastTrainedMs: last?.finished_at?.getTime(), settledSlot: settled?.slot });
    if (schedule.status === 'off') return `off: ${schedule.reason}`;
    if (schedule.status === 'waits') return `${settled === undefined ? '' : `${settled.what}; `}${schedule.dueAtMs === undefined ? 'no training has ended yet' : `next due at ${new Date(schedule.dueAtMs).toISOString()}`}`;
    const { slot } = schedule;
    const retrainId = scheduleRetrainId(settings.modelName, slot);
    if (!(await ledger.known(retrainId))) {
      if (!hasGrown(await endsOf(settings, 'examples'), JSON.parse(last?.dataset_offsets ?? '{}') as Offsets)) {
        settled = { slot, what: `skipped ${retrainId}: there is no label the last training has not seen` };
        log.info({ retrain_id: retrainId }, settled.what);
        return settled.what;
      }
      await publish([orderRecord({ cause: 'schedule', retrainId, modelName: settings.modelName, atMs: now, by: 'schedule', threshold: settings.minF1 })]);
    }
    settled = { slot, what: `asked for ${retrainId}` };
    return settled.what;
  }
  return { look: async () => (state = await look()), state: () => state };
}
