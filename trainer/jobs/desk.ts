// What every step of a job works with, and how its row ends.
import type { Log } from '../../producers/kafka.ts';
import { runUriOf } from '../../schemas/ids.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts } from '../record/artifacts.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Lease, Outcome, Row } from '../record/row.ts';
import type { Stage, Told } from './train.ts';

export type WorkerStage = Stage | 'idle' | 'taken';
export type Desk = {
  readonly settings: Settings; readonly env: Readonly<Record<string, string | undefined>>; readonly registry: Registry; readonly ledger: Ledger; readonly artifacts: Artifacts; readonly log: Log;
  /** a row has ended; seconds: from its start, 0 when it never started */
  readonly onOutcome: (outcome: Outcome, seconds: number, cause: string) => void;
  readonly enter: (stage: WorkerStage) => void;
  readonly hear: (told: Told, row: Row, lease: Lease) => void;
  readonly stopping: () => boolean;
  /** what trains; absent: our own */
  readonly childProgram: string | undefined;
};

/** The report lies in S3 before the row ends: who sees the row finds the report. */
export async function finish({ ledger, artifacts, log, onOutcome }: Pick<Desk, 'ledger' | 'artifacts' | 'log' | 'onOutcome'>, row: Row, lease: Lease, outcome: Outcome, reason: string): Promise<void> {
  const standing = await ledger.row(row.id);
  const ended = { status: outcome === 'error' ? 'FAILED' : 'FINISHED', outcome: standing?.outcome ?? outcome, outcome_reason: standing?.outcome_reason ?? reason };
  await artifacts.write(runUriOf(row.model_name, row.id), JSON.stringify({ ...standing, ...ended }, null, 2));
  if (!(await ledger.finish(lease, outcome, reason))) return;
  onOutcome(outcome, Number((await ledger.row(row.id))?.duration_ms ?? 0) / 1000, row.cause);
  log.info({ retrain_id: row.retrain_id, outcome, reason }, row.cause === 'rollback' ? 'rollback ended' : 'training ended');
}
