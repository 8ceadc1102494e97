// The order to stop a job. It marks the row; a waiting one ends at once, a running one is ended by whoever works on it. May be repeated: the record comes again after a crash.
import type { Log } from '../../producers/kafka.ts';
import { CANCEL, type RetrainRequested } from '../../schemas/events.ts';
import { poison } from '../../schemas/failure.ts';
import type { Artifacts } from '../record/artifacts.ts';
import { endedRow } from '../record/runFile.ts';
import { cancelledId } from './claim.ts';
import { writeRunFile } from './desk.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Outcome } from '../record/row.ts';

/** Resolves to false for any other request. stopRun: stops the training of this row, if it is ours. Throws poison when the order names no job. */
export function createCancel({ ledger, artifacts, log, stopRun, onOutcome }: {
  ledger: Pick<Ledger, 'cancel' | 'row' | 'endPending' | 'metrics' | 'now'>; artifacts: Pick<Artifacts, 'write'>; log: Log; stopRun: (rowId: string) => void; onOutcome: (outcome: Outcome, seconds: number, cause: string) => void;
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
      const at = await ledger.now();
      await writeRunFile({ ledger, artifacts }, { ...endedRow(row, 'cancelled', reason, at), outcome: 'cancelled', outcome_reason: reason, duration_ms: row.duration_ms });
      if (await ledger.endPending(id, reason, at)) onOutcome('cancelled', 0, row.cause);
    }
    stopRun(id);
    return true;
  };
}
export const cancelReason = (by: string | null): string => `cancelled by ${by ?? 'somebody'}`;
