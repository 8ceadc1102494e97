// What every step of a job works with, and how its row ends.
import type { Log } from '../../producers/kafka.ts';
import { runUriOf } from '../../schemas/ids.ts';
import type { Registry } from '../../schemas/registry.ts';
import { rowFileText } from '../../schemas/rowFile.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts } from '../record/artifacts.ts';
import type { KnownPromotions } from '../record/known.ts';
import type { Ledger } from '../record/ledger.ts';
import type { Lease, Outcome, Row } from '../record/row.ts';
import { endedRow } from '../record/runFile.ts';
import type { Stage, Told } from './train.ts';

export type WorkerStage = Stage | 'idle' | 'taken';
export type Desk = {
  readonly settings: Settings; readonly env: Readonly<Record<string, string | undefined>>; readonly registry: Registry; readonly ledger: Ledger; readonly artifacts: Artifacts; readonly log: Log;
  /** a row has ended; seconds: from its start, 0 when it never started */
  readonly onOutcome: (outcome: Outcome, seconds: number, cause: string) => void;
  readonly enter: (stage: WorkerStage) => void;
  readonly hear: (told: Told, row: Row, lease: Lease) => void;
  readonly stopping: () => boolean;
  /** what stands in Kafka */
  readonly known: KnownPromotions;
  /** what trains; absent: our own */
  readonly childProgram: string | undefined;
};

/** The row as a file, from which the table can be made again. */
export const writeRunFile = async ({ ledger, artifacts }: { readonly ledger: Pick<Ledger, 'metrics'>; readonly artifacts: Pick<Artifacts, 'write'> }, row: Row): Promise<void> =>
  artifacts.write(runUriOf(row.model_name, row.id), rowFileText(row, await ledger.metrics(row.id)));

/** The report lies in S3 before the row ends: who sees the row finds the report. */
export async function finish({ ledger, artifacts, log, onOutcome }: Pick<Desk, 'ledger' | 'artifacts' | 'log' | 'onOutcome'>, row: Row, lease: Lease, outcome: Outcome, reason: string): Promise<void> {
  const standing = await ledger.row(row.id);
  // MySQL has lost it: its file says more than we could.
  if (standing === undefined) return;
  const at = await ledger.now();
  await writeRunFile({ ledger, artifacts }, endedRow(standing, outcome, reason, at));
  if (!(await ledger.finish(lease, outcome, reason, at))) return;
  onOutcome(outcome, Number((await ledger.row(row.id))?.duration_ms ?? 0) / 1000, row.cause);
  log.info({ retrain_id: row.retrain_id, outcome, reason }, row.cause === 'rollback' ? 'rollback ended' : 'training ended');
}
