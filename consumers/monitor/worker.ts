// One `labelled` partition at work: snapshot in, fold, retrain requests and snapshot changes out, in one transaction with the offsets.
// The snapshot is a cache of the log: when it is missing or of another format, the log is folded again from its start, in silence.
import type { Outgoing } from '../../producers/outgoing.ts';
import { LoopError, messageOf, transient } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Labelled, ModelPromoted, Tally } from '../../schemas/events.ts';
import { deadLetterOf } from '../deadLetters.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { readToEnd } from '../readToEnd.ts';
import type { Incoming } from '../record.ts';
import { WHAT_TO_DO, type Opening, type Task } from '../shard.ts';
import { isForEver, recordOf, restartRecordOf, restartsOf, settingsErasOf, timelineOf } from './eras.ts';
import { createFold, type Fold } from './fold.ts';
import type { MonitorMetrics } from './metrics.ts';
import { bookOf, sameBook, type Era } from './rules.ts';
import { isReadable, logIdIn } from './snapshot.ts';

export type MonitorTask = Task & { readonly partition: number; readonly fold: Fold; readonly eras: readonly Era[] };
type Options = { readonly settings: Settings; readonly registry: Registry; readonly metrics: MonitorMetrics; readonly nowMs: () => number; /** the promotion that is in force, per model */ readonly promoted: () => Iterable<ModelPromoted> };

async function readSnapshot(partition: number, settings: Settings, registry: Registry): Promise<Map<string, Tally>> {
  const latest = new Map<string, Tally>();
  await readToEnd({
    settings, clientId: `monitor-${partition}`, topics: ['tallies'],
    onRecord: async (record) => {
      if (record.partition !== partition || record.key === null) return;
      const key = record.key.toString();
      if (record.value === null) latest.delete(key);
      else latest.set(key, await registry.decode('tallies', record.value));
    },
  });
  return latest;
}

/** Throws transient `log_replaced` when the snapshot is of another log: its offsets would hide what the new one says. The broker forgets the positions of a deleted topic, the snapshot does not. */
export async function openMonitor({ partition, positions, lows, logIds }: Opening, { settings, registry, metrics, nowMs, promoted }: Options): Promise<MonitorTask> {
  const start = Number(positions.get('labelled') ?? 0n);
  const standing = await readSnapshot(partition, settings, registry);
  const [saved, logId] = [logIdIn(standing, partition), logIds.get('labelled')];
  if (saved !== undefined && logId !== undefined && saved !== logId) throw transient('log_replaced', `the tallies of partition ${partition} are of another log than labelled-${partition}: the topic was deleted and made anew. ${WHAT_TO_DO}`);
  const known = settingsErasOf(standing.values(), partition);
  const restarts = restartsOf(standing.values(), partition);
  const book = bookOf(settings);
  const inForce = known.at(-1);
  const isNew = inForce === undefined || !sameBook(inForce.book, book);
  // A change that no label has seen is replaced by the one that follows it.
  const eras = timelineOf(isNew ? [...known.filter((era) => era.fromOffset < start), { fromOffset: start, book }] : known, restarts);
  const fold = createFold(partition, eras, logId);
  const readable = isReadable(standing, partition);
  if (readable) fold.restore(standing);
  const low = Number(lows.get('labelled') ?? 0n);
  const from = readable ? fold.recallFrom() : start > low ? low : undefined;

  let opening: Outgoing[] = isNew ? [{ topic: 'tallies', ...recordOf(partition, start, book), partition }] : [];
  /** Keys of an unreadable snapshot that the new one may not write again. */
  const stale = new Set(readable ? [] : [...standing].filter(([, tally]) => !isForEver(tally)).map(([key]) => key));

  /** Restarts that are recorded: the highest promotion number, per model. */
  const begun = new Map<string, number>();
  for (const one of restarts) begun.set(one.modelName, Math.max(begun.get(one.modelName) ?? 0, one.promotionSeq));
  /** A version that serves again is judged afresh from the next label on; where that is, is recorded with it. Only the promotion in force matters: what served in between and serves no longer will be started when it does. */
  function noteRestarts(): void {
    for (const { model_name: modelName, model_version: modelVersion, promotion_seq: promotionSeq, restored } of promoted()) {
      if (!restored || promotionSeq <= (begun.get(modelName) ?? 0) || partitionOf(modelName, settings.labelledPartitions) !== partition) continue;
      begun.set(modelName, promotionSeq);
      const fromOffset = Math.max(start, fold.offset() + 1);
      fold.startAfresh({ modelName, modelVersion, promotionSeq }, fromOffset);
      opening.push({ topic: 'tallies', ...restartRecordOf(partition, fromOffset, { modelName, modelVersion, promotionSeq }), partition });
    }
  }

  async function decode({ value }: Incoming): Promise<Labelled | undefined> {
    if (value === null) return undefined;
    const known = registry.known('labelled', value);
    return known === undefined ? registry.decode('labelled', value) : known(value);
  }
  /** What a replay makes of a record that was judged before. */
  const again = (event: Labelled, offset: number): void => {
    if (readable) fold.recall(event, offset);
    else fold.apply(event, offset);
  };
  function changes(): Outgoing[] {
    const out: Outgoing[] = opening;
    opening = [];
    const changed = fold.changes();
    for (const [key, tally] of changed) out.push({ topic: 'tallies', key, partition, value: tally ?? null });
    for (const key of stale) if (!changed.has(key)) out.push({ topic: 'tallies', key, partition, value: null });
    stale.clear();
    return out;
  }

  return {
    partition, fold, eras,
    ...(from === undefined ? {} : { from: new Map([['labelled', BigInt(from)]]) }),
    async handle(_topic, records, committed) {
      const out: Outgoing[] = [];
      let judged = false;
      for (const record of records) {
        const isPast = record.offset < committed;
        if (!isPast && !judged) {
          judged = true;
          noteRestarts();
        }
        try {
          const event = await decode(record);
          if (event === undefined) continue;
          if (isPast) {
            again(event, Number(record.offset));
            continue;
          }
          for (const request of fold.apply(event, Number(record.offset))) {
            metrics.requests.inc({ cause: request.cause });
            out.push({ topic: 'retrain-requests', key: request.model_name, value: request });
          }
        } catch (error) {
          if (!(error instanceof LoopError) || error.kind !== 'poison') throw error;
          if (isPast) continue;
          metrics.deadLetters.inc({ topic: 'labelled', reason: error.code });
          out.push(deadLetterOf(record, error.code, messageOf(error), 'monitor', nowMs()));
        }
      }
      return judged ? [...out, ...changes()] : out;
    },
    // Behind the barrier: a change of settings, or a snapshot folded anew, is written without waiting for a label.
    tick() {
      noteRestarts();
      return changes();
    },
  };
}
