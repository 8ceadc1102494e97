// The lane of batch jobs in an inference process: takes one, pins what it is to be done with, holds its lease while a child process works on it, and goes on to the next.
import { takeTurns } from '../../consumers/turns.ts';
import type { Log } from '../../producers/kafka.ts';
import { kindOf, LoopError, messageOf } from '../../schemas/failure.ts';
import { leftoversOf, type BatchLease, type BatchLedger, type BatchRow, type Standing } from './ledger.ts';
import { jobFileUriOf } from '../../schemas/ids.ts';
import { rowFileText } from '../../schemas/rowFile.ts';
import { runBatch } from './run.ts';
import type { Storage } from './s3.ts';
import type { BatchResult, BatchTold, PinnedModel } from './work.ts';

export type BatchLane = { /** a job may wait */ wake(): void; /** stops the job at once when it is ours; the row says who wanted it */ stopJob(id: string): void; stop(): Promise<void> };
/** Attempts that may end without a word (a process killed for its memory, say) before the job is given up. */
const MAX_ATTEMPTS = 5;
const LOOK_EVERY_MS = 2000;

export function openBatchLane({ env, leaseMs, maxBytes, ledger, storage, serving, log, onEnd, onFatal, program }: {
  env: Readonly<Record<string, string | undefined>>; leaseMs: number; maxBytes: number; ledger: BatchLedger; storage: Pick<Storage, 'stat' | 'put'>; /** what a job taken now is to be done with; undefined: none serves yet, and no job is taken */ serving: () => PinnedModel | undefined; log: Log;
  onEnd: (outcome: 'finished' | 'failed' | 'cancelled', rows: number) => void; onFatal: (error: unknown) => void; /** what works; absent: our own */ program?: string;
}): BatchLane {
  let stopping = false;
  let current: { readonly id: string; readonly abort: AbortController } | undefined;

  async function run(row: BatchRow, lease: BatchLease, model: PinnedModel, signal: AbortSignal, heed: (standing: Standing) => Standing): Promise<BatchResult | 'lost'> {
    const uri = row.input_file_s3 ?? '';
    const input = await storage.stat(uri);
    if (input.bytes > maxBytes) throw new LoopError('poison', 'too_large', `${uri} has ${input.bytes} bytes; at most ${maxBytes} are read (MAX_BATCH_BYTES). Cut it into smaller files`);
    const pinned = await ledger.pin(lease, model, input);
    if (pinned === undefined) return 'lost';
    const tell = (told: BatchTold): void => void ledger.progress(lease, told).then(heed, () => undefined);
    return runBatch({
      jobId: row.job_id, inputUri: uri, badRows: row.on_bad_rows ?? 'refuse', saidAtMs: (row.requested_at ?? new Date(0)).getTime(),
      input: { etag: pinned.input_etag ?? '', bytes: Number(pinned.input_bytes) },
      model: { name: model.name, version: pinned.model_version ?? '', manifestUri: pinned.manifest_s3 ?? '', manifestSha256: pinned.manifest_sha256 ?? '' },
      leftovers: leftoversOf(pinned),
    }, { env, tell, mayFinish: async () => heed(await ledger.renew(lease)) === 'ours', signal, program });
  }

  /** Ends the row, puts it back, or leaves it to whoever has it now. */
  async function work(row: BatchRow, lease: BatchLease, model: PinnedModel): Promise<'next' | 'later'> {
    const abort = new AbortController();
    current = { id: row.job_id, abort };
    const known: { last: Standing } = { last: row.cancelled_at === null ? 'ours' : 'cancelled' };
    const heed = (standing: Standing): Standing => {
      if (known.last === 'ours') known.last = standing;
      if (known.last !== 'ours') abort.abort();
      return known.last;
    };
    const renewing = setInterval(() => void ledger.renew(lease).then(heed, () => undefined), leaseMs / 3);
    /** The row as a file beside what it made, from which the table can be made again; nobody waits for it. */
    async function keep(): Promise<void> {
      const ended = await ledger.find(row.job_id);
      if (ended !== undefined) await storage.put(jobFileUriOf(row.job_id), rowFileText(ended, await ledger.metrics(row.job_id)));
    }
    const kept = (): Promise<void> => keep().catch((error: unknown) => log.warn({ job_id: row.job_id, reason: messageOf(error) }, 'the file of the job was not written'));
    const fail = async (reason: string): Promise<void> => {
      await ledger.fail(lease, reason);
      await kept();
      log.info({ job_id: row.job_id, reason }, 'batch job failed');
      onEnd('failed', 0);
    };
    const cancelled = async (): Promise<void> => {
      await ledger.endCancelled(lease);
      await kept();
      log.info({ job_id: row.job_id }, 'batch job cancelled');
      onEnd('cancelled', 0);
    };
    try {
      if (row.cancelled_at !== null) await cancelled();
      else if (row.attempts > MAX_ATTEMPTS) await fail(`given up after ${MAX_ATTEMPTS} attempts that ended without a word`);
      else {
        const result = await run(row, lease, model, abort.signal, heed);
        if (result !== 'lost' && (await ledger.finish(lease, result))) {
          await kept();
          log.info({ job_id: row.job_id, rows: result.rows, bad: result.bad, model_version: row.model_version ?? model.version }, 'batch job finished');
          onEnd('finished', result.rows);
        } else if (result !== 'lost' && (await ledger.renew(lease)) === 'cancelled') await cancelled();
      }
      return 'next';
    } catch (error) {
      // Asked again: the child may have ended before the answer to its last word came.
      if (!stopping) heed(await ledger.renew(lease).catch((): Standing => 'ours'));
      if (known.last === 'lost') return 'next';
      if (stopping) await ledger.release(lease, false);
      else if (known.last === 'cancelled') await cancelled();
      else if (kindOf(error) === 'transient') {
        log.warn({ job_id: row.job_id, reason: messageOf(error) }, 'batch job will be tried again');
        await ledger.release(lease, error instanceof LoopError && error.code === 'child_ended');
        return 'later';
      } else if (error instanceof LoopError) await fail(error.message);
      else throw error;
      return 'next';
    } finally {
      clearInterval(renewing);
      current = undefined;
    }
  }
  async function drain(): Promise<void> {
    for (;;) {
      const model = serving();
      if (stopping || model === undefined) return;
      const taken = await ledger.take();
      if (taken === undefined) return;
      log.info({ job_id: taken.row.job_id, attempt: taken.row.attempts }, 'batch job taken');
      if ((await work(taken.row, taken.lease, model)) === 'later') return;
    }
  }
  // Jobs that another instance has taken in, or left, are looked for by themselves.
  const turns = takeTurns({ everyMs: Math.min(LOOK_EVERY_MS, leaseMs / 3), drain, onAway: (error) => log.warn({ reason: messageOf(error) }, 'the table of batch jobs is away; will try again'), onFatal });
  return {
    wake: turns.wake,
    stopJob(id) {
      if (current?.id === id) current.abort.abort();
    },
    async stop() {
      stopping = true;
      current?.abort.abort();
      await turns.stop();
    },
  };
}
