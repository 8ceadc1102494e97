// What is known afterwards: the F1 around each label, looking back and ahead alike, with every correction made, and the stretches in which it was below a floor.
import type { Labelled } from '../../schemas/events.ts';
import { createMarginals } from '../../schemas/f1.ts';

/** One prediction as it stands at the end. place: of its first label among the events. */
export type Settled = { readonly place: number; readonly label: string; readonly predicted: string };
/** The predictions of one version in the order of their first labels; those withdrawn at the end are left out. */
export function settledOf(events: readonly Labelled[], modelVersion: string): Settled[] {
  const all = new Map<string, { place: number; label: string | null; predicted: string }>();
  events.forEach((event, place) => {
    if (event.model_version !== modelVersion) return;
    const known = all.get(event.prediction_id);
    if (known === undefined) all.set(event.prediction_id, { place, label: event.label, predicted: event.predicted });
    else known.label = event.label;
  });
  return [...all.values()].flatMap(({ place, label, predicted }) => (label === null ? [] : [{ place, label, predicted }]));
}

/** Weighted F1 of the `width` labels around each: half before, half after, fewer at the ends. */
export function hindsightOf(settled: readonly Settled[], width: number): number[] {
  const marginals = createMarginals();
  const half = Math.max(1, Math.floor(width / 2));
  let next = 0;
  return settled.map((_, i) => {
    for (; next < Math.min(settled.length, i + half); next += 1) {
      const one = settled[next];
      if (one !== undefined) marginals.add(one.label, one.predicted, 1);
    }
    const gone = settled[i - half - 1];
    if (gone !== undefined) marginals.add(gone.label, gone.predicted, -1);
    return marginals.weighted() ?? 0;
  });
}

/** Labels from..to (exclusive) of one version. */
export type Stretch = { readonly from: number; readonly to: number };
/** Where the F1 was below `floor`; one ends when it is above by `margin`. Shorter ones than `minLabels` are noise. */
export function stretchesBelow(hindsight: readonly number[], floor: number, margin: number, minLabels: number): Stretch[] {
  const stretches: Stretch[] = [];
  let from: number | undefined;
  hindsight.forEach((f1, i) => {
    if (from === undefined && f1 < floor) from = i;
    else if (from !== undefined && f1 >= floor + margin) {
      stretches.push({ from, to: i });
      from = undefined;
    }
  });
  if (from !== undefined) stretches.push({ from, to: hindsight.length });
  return stretches.filter((one) => one.to - one.from >= minLabels);
}
