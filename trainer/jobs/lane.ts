// One lane of the worker: takes a row of its kind, holds its lease while `work` is at it, and goes on to the next. Trainings and rollbacks each have a lane.
import { takeTurns, type Turns } from '../../consumers/turns.ts';
import type { Log } from '../../producers/kafka.ts';
import { kindOf, LoopError, messageOf } from '../../schemas/failure.ts';
import type { Ledger } from '../record/ledger.ts';
import type { LaneName, Lease, Row } from '../record/row.ts';

/** work: ends the row itself; a transient failure puts it back, another one of ours is given to `fail` in words, anything else is fatal. entered: a row was taken, or (undefined) the lane is idle again. held: whether no row may be taken now. */
export function openLane({ name, leaseMs, ledger, log, held, work, fail, entered, onFatal }: {
  name: LaneName; leaseMs: number; ledger: Ledger; log: Log; held: () => Promise<boolean>; work: (row: Row, lease: Lease) => Promise<void>; fail: (row: Row, lease: Lease, reason: string) => Promise<void>; entered: (row: Row | undefined) => void; onFatal: (error: unknown) => void;
}): Turns {
  let stopping = false;

  async function drain(): Promise<void> {
    const next = async (): ReturnType<Ledger['take']> => (stopping || (await held()) ? undefined : ledger.take(name));
    for (let taken = await next(); taken !== undefined; taken = await next()) {
      const { row, lease } = taken;
      if (stopping) return ledger.release(lease, false);
      entered(row);
      log.info({ retrain_id: row.retrain_id, attempt: row.attempts }, `${name} taken`);
      const renewing = setInterval(() => void ledger.renew(lease).catch(() => undefined), leaseMs / 3);
      try {
        await work(row, lease);
      } catch (error) {
        if (stopping) await ledger.release(lease, false).catch(() => undefined);
        else if (kindOf(error) === 'transient') {
          log.warn({ retrain_id: row.retrain_id, reason: messageOf(error) }, 'will try again');
          // What is away comes back, however long it takes; a child that ends without a word may do so for ever.
          await ledger.release(lease, error instanceof LoopError && error.code === 'child_ended');
          return;
        } else if (error instanceof LoopError) await fail(row, lease, error.message);
        else throw error;
      } finally {
        clearInterval(renewing);
        entered(undefined);
      }
    }
  }
  // Rows of a trainer that died become free when their lease ends.
  const turns = takeTurns({ everyMs: Math.max(500, leaseMs / 3), drain, onAway: (error) => log.warn({ reason: messageOf(error) }, 'the ledger is away; will try again'), onFatal });
  return {
    wake: turns.wake,
    stop() {
      stopping = true;
      return turns.stop();
    },
  };
}
