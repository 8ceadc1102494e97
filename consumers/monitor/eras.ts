// Eras as records of `tallies`: one for every change of settings and one for every version that serves again, under a key of its own, so that compaction keeps them for ever.
import type { Tally } from '../../schemas/events.ts';
import { fatal } from '../../schemas/failure.ts';
import { readBook, writeBook, type Era, type Restart, type RuleBook } from './rules.ts';

/** The record of a change that is in force from `offset` of `labelled` on. Another change at the same offset replaces it: no label has seen it. */
export function recordOf(partition: number, offset: number, book: RuleBook): { readonly key: string; readonly value: Tally } {
  return {
    key: `settings/${partition}/${offset}`,
    value: { model_name: '', model_version: '', kind: 'settings', bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json: writeBook(book), labelled_partition: partition, labelled_offset: offset },
  };
}
/** The record of a version that serves again and is judged afresh from `offset` of `labelled` on. */
export function restartRecordOf(partition: number, offset: number, { modelName, modelVersion, promotionSeq }: Restart): { readonly key: string; readonly value: Tally } {
  return {
    key: `restart/${partition}/${modelName}/${promotionSeq}`,
    value: { model_name: modelName, model_version: modelVersion, kind: 'restart', bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json: JSON.stringify({ promotion_seq: promotionSeq }), labelled_partition: partition, labelled_offset: offset },
  };
}
/** What of the snapshot is no cache: it stays when the log is folded again. */
export const isForEver = ({ kind }: Tally): boolean => kind === 'settings' || kind === 'restart';

/** Changes of settings of one partition in the order of their offsets, from all its snapshot records. */
export function settingsErasOf(records: Iterable<Tally>, partition: number): Era[] {
  return [...records]
    .filter((tally) => tally.kind === 'settings' && tally.labelled_partition === partition)
    .map((tally) => ({ fromOffset: tally.labelled_offset, book: readBook(tally.state_json) }))
    .sort((a, b) => a.fromOffset - b.fromOffset);
}
function promotionSeqIn({ state_json, model_name, model_version }: Tally): number {
  let read: unknown;
  try {
    read = (JSON.parse(state_json) as { promotion_seq?: unknown } | null)?.promotion_seq;
  } catch {
    read = undefined;
  }
  if (typeof read !== 'number') throw fatal('bad_era', `the record of kind restart of ${model_name} ${model_version} on tallies names no promotion_seq. It is not the monitor's; write a tombstone under its key`);
  return read;
}
export function restartsOf(records: Iterable<Tally>, partition: number): (Restart & { readonly fromOffset: number })[] {
  return [...records].filter((tally) => tally.kind === 'restart' && tally.labelled_partition === partition).map((tally) => ({
    fromOffset: tally.labelled_offset, modelName: tally.model_name, modelVersion: tally.model_version, promotionSeq: promotionSeqIn(tally),
  }));
}
/** Both in one order; at the same offset the settings come first. settings: rising, at least one. */
export function timelineOf(settings: readonly Era[], restarts: readonly (Restart & { readonly fromOffset: number })[]): Era[] {
  const inForce = (offset: number): Era | undefined => settings.findLast((era) => era.fromOffset <= offset) ?? settings[0];
  const again = restarts.flatMap(({ fromOffset, ...afresh }): Era[] => {
    const era = inForce(fromOffset);
    return era === undefined ? [] : [{ fromOffset, book: era.book, afresh }];
  });
  return [...settings, ...again].sort((a, b) => a.fromOffset - b.fromOffset || (a.afresh?.promotionSeq ?? 0) - (b.afresh?.promotionSeq ?? 0));
}
/** Eras of one partition, restarts of versions among them, in the order of their offsets. */
export const erasOf = (records: Iterable<Tally>, partition: number): Era[] => {
  const all = [...records];
  return timelineOf(settingsErasOf(all, partition), restartsOf(all, partition));
};
