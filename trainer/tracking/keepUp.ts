// The mirror's own loop: tells MLflow every ended row, oldest first, and waits longer and longer while it is away. Nobody waits for it.
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../../producers/kafka.ts';
import { kindOf, messageOf, transient } from '../../schemas/failure.ts';
import type { Mirrored } from './mirrored.ts';
import { mirrorRow, pointAtChampion, type Edges, type Objects } from './mirror.ts';

export type Pace = {
  /** Between two looks when all is told and nobody calls. */ readonly idleMs: number;
  /** After the first failure; doubled with each, up to maxMs. */ readonly firstMs: number; readonly maxMs: number;
  /** A row that MLflow refuses is tried again after so long; so is the alias looked at. */ readonly againMs: number;
  /** One read or write of S3 takes no longer. */ readonly objectMs: number;
};
export const PACE: Pace = { idleMs: 5000, firstMs: 500, maxMs: 15_000, againMs: 60_000, objectMs: 30_000 };
const AT_ONCE = 20;
const STOP_MS = 3000;
export const delayMs = (failures: number, { firstMs, maxMs }: Pick<Pace, 'firstMs' | 'maxMs'>): number => Math.min(maxMs, firstMs * 2 ** Math.max(0, failures - 1));

/** Gives up waiting, not the call itself: S3's client has no time limit. */
function bounded(objects: Objects, ms: number): Objects {
  const within = <T>(uri: string, work: Promise<T>): Promise<T> => {
    const late = new AbortController();
    return Promise.race([work, pause(ms, undefined, { signal: late.signal }).then(() => {
      throw transient('s3_unavailable', `S3 did not answer about ${uri} within ${ms} ms`);
    })]).finally(() => late.abort());
  };
  return { read: (uri) => within(uri, objects.read(uri)), write: (uri, bytes) => within(uri, objects.write(uri, bytes)) };
}

/** Tells what can be told now. Remembers which rows cannot be (refused, or broken), so that they do not hold up the others. */
export function createSweep({ mirrored, edges, pace, log, onBehind, nowMs }: { mirrored: Mirrored; edges: Edges; pace: Pace; log: Log; onBehind: (rows: number) => void; nowMs: () => number }): () => Promise<void> {
  const refused = new Map<string, number>();
  let isSure = false;
  let pointedAt = Number.NEGATIVE_INFINITY;

  async function tell(): Promise<boolean> {
    let told = false;
    for (;;) {
      const rows = await mirrored.behind(AT_ONCE, [...refused.keys()]);
      if (rows.length === 0) return told;
      for (const row of rows) {
        try {
          await mirrored.mark(row.id, await mirrorRow(row, edges));
          told = true;
          log.info({ retrain_id: row.retrain_id, outcome: row.outcome }, 'mirrored to MLflow');
        } catch (error) {
          if (kindOf(error) === 'transient') throw error;
          refused.set(row.id, nowMs());
          log.warn({ retrain_id: row.retrain_id, reason: messageOf(error) }, 'this row cannot be mirrored; the others go on');
        }
        onBehind(await mirrored.count());
      }
    }
  }
  return async () => {
    try {
      onBehind(await mirrored.count());
      if (!(await mirrored.hold())) return;
      for (const [id, at] of refused) if (nowMs() - at >= pace.againMs) refused.delete(id);
      const newest = isSure ? undefined : await mirrored.newest();
      if (newest !== undefined && !(await edges.mlflow.runExists(newest))) {
        log.warn({ mlflow_run_id: newest }, 'this MLflow does not know what was mirrored last: telling it everything again');
        await mirrored.forget();
      }
      isSure = true;
      if (!(await tell()) && nowMs() - pointedAt < pace.againMs) return;
      for (const standing of await mirrored.champions()) {
        const how = await pointAtChampion(standing, edges, mirrored.hold);
        if (how === 'moved') log.info({ model_name: standing.modelName }, 'the alias champion moved');
      }
      pointedAt = nowMs();
    } catch (error) {
      isSure = false;
      pointedAt = Number.NEGATIVE_INFINITY;
      throw error;
    }
  };
}

export type Mirror = { wake(): void; stop(): Promise<void> };
/** Starts the loop and returns at once. abort: ends every call of `edges.mlflow` that is under way. */
export function startMirror({ mirrored, edges, pace = PACE, log, onBehind, abort }: { mirrored: Mirrored; edges: Edges; pace?: Pace; log: Log; onBehind: (rows: number) => void; abort: AbortController }): Mirror {
  const sweep = createSweep({ mirrored, edges: { ...edges, objects: bounded(edges.objects, pace.objectMs) }, pace, log, onBehind, nowMs: () => performance.now() });
  let called = false;
  let callNow: () => void = () => undefined;
  async function run(): Promise<void> {
    let failures = 0;
    while (!abort.signal.aborted) {
      called = false;
      try {
        await sweep();
        if (failures > 0) log.info({}, 'MLflow is told again');
        failures = 0;
      } catch (error) {
        if (abort.signal.aborted) return;
        failures += 1;
        if (failures === 1) log.warn({ reason: messageOf(error) }, 'MLflow is not told for now; nothing else waits for it');
      }
      if (called && failures === 0) continue;
      const waiting = new AbortController();
      // While MLflow is away a call changes nothing: the wait is what spares it.
      callNow = failures === 0 ? () => waiting.abort() : () => undefined;
      await pause(failures === 0 ? pace.idleMs : delayMs(failures, pace), undefined, { signal: AbortSignal.any([waiting.signal, abort.signal]) }).catch(() => undefined);
    }
  }
  const running = run();
  return {
    wake() {
      called = true;
      callNow();
    },
    async stop() {
      abort.abort();
      await Promise.race([running, pause(STOP_MS, undefined, { ref: false })]);
      await mirrored.close();
    },
  };
}
