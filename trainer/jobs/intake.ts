// What happens to a retrain request that is read: one row, once; an admin's word on a run that waits, once; what nobody can use goes to the dead letters. The offset is committed after this has resolved.
import { deadLetterOf } from '../../consumers/deadLetters.ts';
import type { Incoming } from '../../consumers/record.ts';
import type { Log } from '../../producers/kafka.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { RetrainRequested } from '../../schemas/events.ts';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import { oversize } from '../../schemas/recordSize.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { decisionIn } from '../gate/approval.ts';
import { usable } from './claim.ts';
import type { Ledger } from '../record/ledger.ts';

/** order: carries out what is no training but an order about a row that stands, and says whether it was one. */
export function createIntake({ settings, registry, ledger, log, nowMs, publish, countDead, onClaimed, order }: {
  settings: Pick<Settings, 'trainBuckets'>; registry: Registry; ledger: Pick<Ledger, 'claim' | 'decide'>; log: Log; nowMs: () => number; publish: (messages: readonly Outgoing[]) => Promise<void>; countDead: (reason: string) => void; onClaimed: () => Promise<void>; order?: (request: RetrainRequested) => Promise<boolean>;
}): (record: Incoming) => Promise<void> {
  return async (record) => {
    try {
      if (record.value === null) return;
      const large = oversize(record.key?.length ?? 0, record.value.length);
      if (large !== undefined) throw new LoopError('poison', 'too_large', large);
      const request = await registry.decode('retrain-requests', record.value);
      const said = decisionIn(request);
      if (said.status === 'unusable') throw new LoopError('poison', 'unusable_request', said.reason);
      if (said.status === 'decision') {
        const how = await ledger.decide(said.decision);
        if (how === undefined) throw new LoopError('poison', 'unknown_run', `there is no run '${said.decision.runId}' of '${said.decision.modelName}'`);
        log.info({ run_id: said.decision.runId, decision: said.decision.kind, how: how === 'decided' ? how : `stays as it is: ${how.approval ?? how.outcome ?? how.status}` }, 'decision');
        return await onClaimed();
      }
      if (await order?.(request)) return await onClaimed();
      const checked = usable(request, settings.trainBuckets);
      if (checked.status === 'unusable') throw new LoopError('poison', 'unusable_request', checked.reason);
      const how = await ledger.claim(request, record.partition, record.offset);
      log.info({ retrain_id: request.retrain_id, how }, 'retrain request');
      await onClaimed();
    } catch (error) {
      if (!(error instanceof LoopError) || error.kind !== 'poison') throw error;
      countDead(error.code);
      await publish([deadLetterOf(record, error.code, messageOf(error), 'trainer', nowMs())]);
    }
  };
}
