// What the oracle expects against what the join and the monitor have made: pairs, examples, cells, retrain requests. Pure.
import { createFold, type Fold } from '../../consumers/monitor/fold.ts';
import type { Era } from '../../consumers/monitor/rules.ts';
import type { Example, Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { checkFacts, compareMaps, type Check } from './compare.ts';
import { cellName, type Expected, type Revision } from './oracle.ts';

type Line = Pick<Revision, 'version' | 'predicted' | 'label' | 'previous' | 'at'>;
const lineOf = (one: Line): string => `${one.version} ${one.predicted}: ${one.previous ?? '-'} > ${one.label ?? '-'} @${one.at}`;
const keyOf = (id: string, revision: number): string => `${id} r${revision}`;

/** Every revision of every pair once, and the examples that stand. */
export function pairChecks(expected: Expected, { labelled, examples }: { readonly labelled: readonly { readonly event: Labelled }[]; readonly examples: ReadonlyMap<string, Example> }): Check[] {
  const there = new Map(labelled.map(({ event }) => [keyOf(event.prediction_id, event.revision), lineOf({ version: event.model_version, predicted: event.predicted, label: event.label, previous: event.previous_label, at: event.labelled_at })]));
  const doubled = labelled.length - there.size;
  return [
    compareMaps('labelled: every revision of every pair', new Map(expected.revisions.map((one) => [keyOf(one.id, one.revision), lineOf(one)])), there),
    checkFacts('labelled: no pair twice', [[doubled === 0, `${doubled} records repeat an id and revision`]]),
    compareMaps('examples: the current labelled set', new Map(expected.standing.map((one) => [one.id, `${one.label} | ${one.text}`])), new Map([...examples].map(([id, one]) => [id, `${one.label} | ${one.product_description}`]))),
  ];
}

export type LiveCells = { readonly model_name: string; readonly model_version: string; readonly cells: readonly { readonly label: string; readonly predicted: string; readonly count: number }[] };
/** `model/version label → predicted` → count, as text. */
export const cellLines = (cells: ReadonlyMap<string, ReadonlyMap<string, number>>): Map<string, string> => new Map([...cells].flatMap(([version, counts]) => [...counts].map(([cell, n]): [string, string] => [`${version} ${cell}`, String(n)])));
export const liveLines = (list: readonly LiveCells[]): Map<string, string> => new Map(list.flatMap((one) => one.cells.map((cell): [string, string] => [`${one.model_name}/${one.model_version} ${cellName(cell.label, cell.predicted)}`, String(cell.count)])));
/** Cells of the snapshot, its buckets added up. */
export function snapshotLines(tallies: Iterable<Tally>): Map<string, string> {
  const snapshot = new Map<string, Map<string, number>>();
  for (const tally of tallies) {
    if (tally.kind !== 'cells') continue;
    const version = `${tally.model_name}/${tally.model_version}`;
    const counts = snapshot.get(version) ?? new Map<string, number>();
    snapshot.set(version, counts);
    for (const cell of tally.cells) counts.set(cellName(cell.label, cell.predicted), (counts.get(cellName(cell.label, cell.predicted)) ?? 0) + cell.count);
  }
  return cellLines(snapshot);
}

/** The retrain requests a monitor that nothing ever disturbed would have made of this log. labelled: in order per partition. erasOf: the settings of its time, by partition. */
export function refold(labelled: readonly { readonly event: Labelled; readonly offset: bigint; readonly partition: number }[], erasOf: (partition: number) => readonly Era[]): RetrainRequested[] {
  const folds = new Map<number, Fold>();
  return labelled.flatMap(({ event, offset, partition }) => {
    const fold = folds.get(partition) ?? createFold(partition, erasOf(partition));
    folds.set(partition, fold);
    return fold.apply(event, Number(offset));
  });
}
