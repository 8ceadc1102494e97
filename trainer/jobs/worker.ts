// Works through the ledger: two lanes of rows, the progress of the one under way, and what stops it.
import { messageOf } from '../../schemas/failure.ts';
import { progressLine, type EpochProgress } from '../model/progress.ts';
import { knownPromotions, type KnownPromotions } from '../record/known.ts';
import type { Lease, Row } from '../record/row.ts';
import { behindText, missingIn } from '../record/seq.ts';
import { cancelReason } from './cancel.ts';
import { finish, type Desk, type WorkerStage } from './desk.ts';
import { openLane } from './lane.ts';
import type { Told } from './train.ts';
import { work } from './work.ts';

export type Worker = { wake(): void; stop(): Promise<void>; /** stops the training of this row, if it is ours; its row says who wanted it */ stopRun(rowId: string): void; /** promotions that Kafka knows and the ledger lacks, as last looked; while there are any, no row is taken */ readonly behind: () => number; readonly stage: () => WorkerStage; readonly current: () => string | undefined; /** epochs of the running training */ readonly progress: () => readonly EpochProgress[] };

/** onStage: the stage has changed. onFatal: what the lanes cannot handle. childProgram: what trains; absent: our own. known: what stands in Kafka; absent: what this worker publishes. */
export function startWorker({ childProgram, onStage, onFatal, known = knownPromotions(), ...given }: Pick<Desk, 'settings' | 'env' | 'registry' | 'ledger' | 'artifacts' | 'log' | 'onOutcome'> & { readonly known?: KnownPromotions; readonly childProgram?: string; readonly onStage: (stage: WorkerStage) => void; readonly onFatal: (error: unknown) => void }): Worker {
  const { settings, ledger, log } = given;
  let stage: WorkerStage = 'idle';
  let current: string | undefined;
  let epochs: EpochProgress[] = [];
  let stopping = false;
  const abort = new AbortController();
  let run: { readonly rowId: string; readonly abort: AbortController } | undefined;
  const enter = (next: WorkerStage): void => {
    stage = next;
    onStage(next);
  };

  /** Progress reaches the log, the row and whoever asks; a row that cannot be written delays nothing. */
  function hear(told: Told, row: Row, lease: Lease): void {
    if (told.kind === 'stage') return enter(told.stage);
    epochs = [...epochs.filter(({ epoch }) => epoch < told.progress.epoch), told.progress];
    log.info({ retrain_id: row.retrain_id, ...told.progress }, progressLine(told.progress));
    ledger.progress(lease, epochs).catch((error: unknown) => log.warn({ retrain_id: row.retrain_id, reason: messageOf(error) }, 'could not write the progress into the row'));
    onStage(stage);
  }

  let behind = 0;
  async function held(): Promise<boolean> {
    const [mine, theirs] = [await ledger.highestSeq(settings.modelName), known.highest(settings.modelName)];
    const missing = missingIn(mine, theirs);
    if (missing !== behind) {
      if (missing > 0) log.error({ missing }, behindText(settings.modelName, mine, theirs));
      else log.info({ model_name: settings.modelName }, 'the ledger knows all promotions again');
    }
    behind = missing;
    return missing > 0;
  }

  const desk: Desk = { ...given, known, enter, hear, stopping: () => stopping, childProgram };

  /** A job that was cancelled meanwhile ends as such, wherever the work has come to. */
  async function workUnlessCancelled(row: Row, lease: Lease): Promise<void> {
    const cancelled = async (): Promise<boolean> => {
      const standing = stopping ? undefined : await ledger.row(row.id);
      if (standing?.cancelled_at == null || standing.promotion_seq !== null || !(await ledger.isMine(lease))) return false;
      await finish(desk, row, lease, 'cancelled', cancelReason(standing.cancelled_by));
      return true;
    };
    if (await cancelled()) return;
    const own = new AbortController();
    run = { rowId: row.id, abort: own };
    // The order may have reached another trainer than the one at work.
    const looking = setInterval(() => void ledger.row(row.id).then((standing) => standing?.cancelled_at != null && own.abort(), () => undefined), settings.leaseMs / 3);
    try {
      await work(desk, row, lease, AbortSignal.any([abort.signal, own.signal]));
    } catch (error) {
      if (!(await cancelled())) throw error;
      return;
    } finally {
      clearInterval(looking);
      run = undefined;
    }
    await cancelled();
  }

  const fail = (row: Row, lease: Lease, reason: string): Promise<void> => finish(desk, row, lease, 'error', reason);
  const shared = { leaseMs: settings.leaseMs, ledger, log, held, work: workUnlessCancelled, fail, onFatal };
  const lanes = [
    openLane({
      ...shared, name: 'training',
      entered(row) {
        current = row?.retrain_id;
        if (row !== undefined) epochs = [];
        enter(row === undefined ? 'idle' : 'taken');
      },
    }),
    openLane({ ...shared, name: 'rollback', work: (row, lease) => work(desk, row, lease, abort.signal), entered: () => undefined }),
  ];
  return {
    wake: () => lanes.forEach((lane) => lane.wake()), stage: () => stage, current: () => current, progress: () => epochs, behind: () => behind,
    stopRun(rowId) {
      if (run?.rowId === rowId) run.abort.abort();
    },
    async stop() {
      stopping = true;
      abort.abort();
      await Promise.all(lanes.map((lane) => lane.stop()));
    },
  };
}
