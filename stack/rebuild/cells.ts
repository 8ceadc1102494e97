// Tallies as `labelled` alone tells them, to hold the snapshot against. Pure.
import type { Labelled } from '../../schemas/events.ts';
import { cellName } from '../verify/oracle.ts';

/** `model/version` → cell → count; cells that came to nothing are left out. */
export function cellsOfLog(labelled: Iterable<Labelled>): Map<string, Map<string, number>> {
  const all = new Map<string, Map<string, number>>();
  for (const { model_name, model_version, predicted, label, previous_label } of labelled) {
    const counts = all.get(`${model_name}/${model_version}`) ?? new Map<string, number>();
    all.set(`${model_name}/${model_version}`, counts);
    for (const [what, by] of [[previous_label, -1], [label, 1]] as const) {
      if (what === null) continue;
      const cell = cellName(what, predicted);
      const count = (counts.get(cell) ?? 0) + by;
      if (count === 0) counts.delete(cell);
      else counts.set(cell, count);
    }
  }
  return all;
}
