// The order to stop a job. It marks the row; a waiting one ends at once, a running one is ended by whoever works on it. May be repeated: the record comes again after a crash.
import type { Log } from '../../producers/kafka.ts';
import { CANCEL, type RetrainRequested } from '../../schemas/events.ts';
import { poison } from '../../schemas/failure.ts';
import { runUriOf } from '../../schemas/ids.ts';
import type { Artifacts } from '../record/artifacts.ts';
import { cancelledId } from './claim.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Outcome } from '../record/row.ts';

/** Resolves to false for any other request. stopRun: stops the training of this row, if it is ours. Throws poison when the order names no job. */
export function createCancel({ ledger, artifacts, log, stopRun, onOutcome }: {
  ledger: Pick<Ledger, 'cancel' | 'row' | 'endPending'>; artifacts: Pick<Artifacts, 'write'>; log: Log; stopRun: (rowId: string) => void; onOutcome: (outcome: Outcome, seconds: number, cause: string) => void;
}): (request: RetrainRequested) => Promise<boolean> {
  return async (request) => {
    if (request.cause !== CANCEL) return false;
    const id = cancelledId(request);
    if (id === undefined) throw poison('unusable_request', 'params_json.id must name the job to cancel');
    const how = await ledger.cancel(id, request.requested_by);
    log.info({ id, how }, 'cancel requested');
    const row = await ledger.row(id);
    if (row === undefined || row.cancelled_at === null) return true;
    if (row.status === 'PENDING') {
      const reason = cancelReason(row.cancelled_by);
      await artifacts.write(runUriOf(row.model_name, row.id), JSON.stringify({ ...row, status: 'FINISHED', outcome: 'cancelled', outcome_reason: reason }, null, 2));
      if (await ledger.endPending(id, reason)) onOutcome('cancelled', 0, row.cause);
    }
    stopRun(id);
    return true;
  };
}
export const cancelReason = (by: string | null): string => `cancelled by ${by ?? 'somebody'}`;
