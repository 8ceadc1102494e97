// Eras of settings as records of `tallies`: one for every change, under a key of its own, so that compaction keeps them for ever.
import type { Tally } from '../../schemas/events.ts';
import { readBook, writeBook, type Era, type RuleBook } from './rules.ts';

/** The record of a change that is in force from `offset` of `labelled` on. Another change at the same offset replaces it: no label has seen it. */
export function recordOf(partition: number, offset: number, book: RuleBook): { readonly key: string; readonly value: Tally } {
  return {
    key: `settings/${partition}/${offset}`,
    value: { model_name: '', model_version: '', kind: 'settings', bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json: writeBook(book), labelled_partition: partition, labelled_offset: offset },
  };
}
/** Eras of one partition in the order of their offsets, from all its snapshot records. */
export function erasOf(records: Iterable<Tally>, partition: number): Era[] {
  return [...records]
    .filter((tally) => tally.kind === 'settings' && tally.labelled_partition === partition)
    .map((tally) => ({ fromOffset: tally.labelled_offset, book: readBook(tally.state_json) }))
    .sort((a, b) => a.fromOffset - b.fromOffset);
}
