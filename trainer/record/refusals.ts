// How often in a row the gate has refused: two in a row say that retraining alone does not help.
import type { Row } from './row.ts';

/** Of each model, refusals since its last promotion. rows: newest first. Rows without a verdict, and failed ones, say nothing. */
export function refusalsInARow(rows: readonly Pick<Row, 'model_name' | 'outcome'>[]): ReadonlyMap<string, number> {
  const models = Map.groupBy(rows, (row) => row.model_name);
  return new Map([...models].map(([model, list]) => {
    const promoted = list.findIndex((row) => row.outcome === 'promoted');
    return [model, list.slice(0, promoted < 0 ? undefined : promoted).filter((row) => row.outcome === 'rejected').length];
  }));
}
