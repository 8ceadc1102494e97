// Rows as the ledger has them, the objects they name, and a table mlflow_mirror in memory.
import { poison } from '../../schemas/failure.ts';
import type { MirroredRow } from './mapping.ts';
import type { Mirrored } from './mirrored.ts';
import type { Objects } from './mirror.ts';

const SCORES = { labels: 10, weighted: 0.95, macro: 0.93, micro: 0.95, worst: { category: 'Beverages', f1: 0.8, support: 4 }, classes: [{ category: 'Beverages', f1: 0.8, support: 4 }, { category: 'Fresh & Perishable Items', f1: 1, support: 6 }], cells: [{ label: 'Beverages', predicted: 'Beverages', count: 3 }] };
export const REPORT = {
  verdict: { status: 'passed', reasons: ['better'], warnings: [], pValue: 0.01 }, counts: { base: 100, training: 80, holdOut: 20 }, temperature: 2.5, ece: 0.01, backend: 'wasm', library_versions: { tfjs: '4.22.0' }, recipe: { kind: 'hashed', wordBits: 18 }, seed: 42,
  epochs: [{ epoch: 1, epochs: 2, loss: 0.9, f1: 0.7, f1Min: 0.5, seconds: 1 }, { epoch: 2, epochs: 2, loss: 0.4, f1: 0.95, f1Min: null, seconds: 2 }], best_epoch: 2, best_model_metric: 'eval_f1',
  candidate: { hold_out: SCORES, recent: { labels: 0 } }, champion: null,
};
/** n: its place in time; a promoted one has it as its promotion_seq too. */
export const aRow = (n: number, more: Partial<MirroredRow> = {}): MirroredRow => ({
  id: `row-${n}`, retrain_id: `grocery/manual/${n}`, model_name: 'grocery', cause: 'manual', status: 'FINISHED', outcome: 'promoted', outcome_reason: "it's better", model_version: `v${n}`, champion_version: n === 1 ? null : `v${n - 1}`, promotion_seq: n,
  f1: 0.95, min_f1: 0.8, champion_f1: null, champion_min_f1: null, threshold: 0.9, live_f1: null, weights_s3: `s3://models/grocery/sha${n}/weights.bin`, manifest_s3: `s3://models/grocery/sha${n}/manifest-row-${n}.json`, dataset_hash: 'd'.repeat(64), dataset_path: 's3://dataset/auto/d/rows.csv',
  request: JSON.stringify({ requested_by: 'ada', force: false, params_json: '{"epoch_num":2}' }), report: JSON.stringify(REPORT), duration_ms: 4500, attempts: 1, claimed_at: new Date(1_000_000 * n), started_at: new Date(1_000_000 * n + 100), finished_at: new Date(1_000_000 * n + 5000), ...more,
});
export const rejectedRow = (n: number): MirroredRow => aRow(n, { outcome: 'rejected', outcome_reason: 'worse', model_version: null, promotion_seq: null });

export type FakeObjects = Objects & { readonly held: Map<string, string> };
export function objectsOf(rows: readonly MirroredRow[]): FakeObjects {
  const held = new Map<string, string>();
  for (const row of rows) {
    held.set(`s3://models/${row.model_name}/runs/${row.id}.json`, JSON.stringify({ id: row.id }));
    if (row.manifest_s3 === null || row.weights_s3 === null) continue;
    held.set(row.manifest_s3, JSON.stringify({ format: 1, weights_file: 'weights.bin', golden: [{ text: 'x' }], recipe: { kind: 'hashed' }, tolerance: 1e-5 }));
    held.set(row.weights_s3, 'weights');
    held.set(row.weights_s3.replace('weights.bin', 'model.json'), '{}');
  }
  return {
    held,
    read: (uri) => {
      const found = held.get(uri);
      return found === undefined ? Promise.reject(poison('no_object', `there is no object ${uri}`)) : Promise.resolve(Buffer.from(found));
    },
    write: (uri, bytes) => Promise.resolve(void held.set(uri, Buffer.from(bytes).toString())),
  };
}

/** The table over a list that a test may add rows to. */
export function mirroredIn(rows: readonly MirroredRow[]): Mirrored & { readonly marks: Map<string, string> } {
  const marks = new Map<string, string>();
  const open = (): MirroredRow[] => rows.filter((row) => !marks.has(row.id)).sort((a, b) => Number(a.finished_at) - Number(b.finished_at));
  return {
    marks,
    hold: () => Promise.resolve(true),
    behind: (limit, without) => Promise.resolve(open().filter((row) => !without.includes(row.id)).slice(0, limit)),
    count: () => Promise.resolve(open().length),
    mark: (id, runId) => Promise.resolve(void marks.set(id, runId)),
    newest: () => Promise.resolve([...marks.values()].at(-1)),
    forget: () => Promise.resolve(marks.clear()),
    champions: () => {
      const best = rows.filter((row) => row.promotion_seq !== null && row.manifest_s3 !== null).sort((a, b) => Number(b.promotion_seq) - Number(a.promotion_seq))[0];
      return Promise.resolve(best === undefined ? [] : [{ modelName: best.model_name, manifestUri: best.manifest_s3 ?? '' }]);
    },
    close: () => Promise.resolve(),
  };
}
