// What MLflow is told of one ended row of auto_training: names, figures, files. Pure: the same row gives the same bytes, so telling twice is telling once.
import { runUriOf } from '../../schemas/ids.ts';
import type { Row } from '../record/row.ts';
import { figuresIn, LIMITS, textsIn } from './names.ts';

export type Pair = { readonly key: string; readonly value: string };
export type Metric = { readonly key: string; readonly value: number; readonly timestamp: number; readonly step: number };
export type DatasetInput = { readonly name: string; readonly digest: string; readonly sourceUri: string; readonly profile: string };
/** What a row has that the mirror reads; later columns may be absent. */
export type MirroredRow = Pick<Row, 'id' | 'retrain_id' | 'model_name' | 'cause' | 'status' | 'outcome' | 'outcome_reason' | 'model_version' | 'champion_version' | 'promotion_seq' | 'f1' | 'min_f1' | 'champion_f1' | 'champion_min_f1' | 'threshold' | 'live_f1' | 'weights_s3' | 'manifest_s3' | 'dataset_hash' | 'dataset_path' | 'request' | 'report' | 'duration_ms' | 'attempts' | 'claimed_at' | 'started_at' | 'finished_at'> & { /** the report as a page */ readonly report_s3?: string | null };
export type Told = {
  readonly runName: string; readonly status: 'FINISHED' | 'FAILED' | 'KILLED'; readonly startMs: number; readonly endMs: number;
  readonly tags: readonly Pair[]; readonly params: readonly Pair[]; readonly metrics: readonly Metric[]; readonly dataset: DatasetInput | undefined;
};
export const RUN_TAG = 'loop.run_id';
/** A model is known by its manifest's address: the same for a rollback to it, another after a reset of the stack. */
export const MODEL_TAG = 'loop.manifest';
export const CHAMPION = 'champion';

const STATUS = { promoted: 'FINISHED', rejected: 'FINISHED', error: 'FAILED' } as const;
const statusOf = (outcome: string | null): Told['status'] => (outcome === 'promoted' || outcome === 'rejected' || outcome === 'error' ? STATUS[outcome] : 'KILLED');

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
/** A JSON object, or an empty one. */
function objectIn(json: string | null): Readonly<Record<string, unknown>> {
  try {
    const read: unknown = JSON.parse(json ?? '{}');
    return isObject(read) ? read : {};
  } catch {
    return {};
  }
}
const pairs = (entries: readonly (readonly [string, string])[], limit: number): Pair[] => [...new Map(entries)].map(([key, value]) => ({ key, value: value.slice(0, limit) }));

/** `epochs` of a report: what each epoch came to. */
const epochsOf = (report: Readonly<Record<string, unknown>>): readonly Readonly<Record<string, unknown>>[] => (Array.isArray(report['epochs']) ? report['epochs'].filter(isObject) : []);
/** Under the names the old service had: eval_f1 is the weighted F1, eval_f1_min the worst category's. */
const EPOCH_NAMES = { loss: 'loss', f1: 'eval_f1', f1Min: 'eval_f1_min', seconds: 'epoch_seconds' } as const;
function epochMetrics(report: Readonly<Record<string, unknown>>, startMs: number, endMs: number): Metric[] {
  return epochsOf(report).flatMap((figures, i) => {
    const step = typeof figures['epoch'] === 'number' ? figures['epoch'] : i + 1;
    const timestamp = Math.min(endMs, Math.round(startMs + 1000 * (typeof figures['seconds'] === 'number' ? figures['seconds'] : 0)));
    return Object.entries(EPOCH_NAMES).flatMap(([name, key]) => {
      const value = figures[name];
      return typeof value === 'number' && Number.isFinite(value) ? [{ key, value, timestamp, step }] : [];
    });
  });
}

const WANTED = ['f1', 'min_f1', 'champion_f1', 'champion_min_f1', 'live_f1'] as const;
const NOT_FIGURES = new Set(['cells', 'epochs', 'worst', 'version', 'recipe', 'seed', 'library_versions', 'best_epoch']);
// What a report says about how it was trained.
const REPORTED = ['backend', 'library_versions', 'recipe', 'seed', 'best_model_metric', 'best_epoch'] as const;
// What stands in the manifest but is no parameter of the training.
const NOT_PARAMS = new Set(['format', 'model_name', 'run_id', 'golden', 'weights_file', 'weights_sha256', 'weights_bytes', 'dataset_hash', 'counts', 'offsets']);

/** manifest: of the model that was trained, when there is one. */
export function toldOf(row: MirroredRow, manifest: unknown): Told {
  const endMs = (row.finished_at ?? row.claimed_at).getTime();
  const startMs = (row.started_at ?? row.claimed_at).getTime();
  const report = objectIn(row.report);
  const request = objectIn(row.request);
  const asked = typeof request['params_json'] === 'string' ? objectIn(request['params_json']) : {};
  const made = isObject(manifest) ? Object.fromEntries(Object.entries(manifest).filter(([name]) => !NOT_PARAMS.has(name))) : {};

  const how = Object.fromEntries(REPORTED.map((name) => [name, report[name]]));

  const tags = pairs([
    [RUN_TAG, row.id],
    ...textsIn({ retrain_id: row.retrain_id, cause: row.cause, outcome: row.outcome, reason: row.outcome_reason, model_version: row.model_version, champion_version: row.champion_version, promotion_seq: row.promotion_seq, requested_by: request['requested_by'] }, ['loop']),
    ['mlflow.user', typeof request['requested_by'] === 'string' && request['requested_by'] !== '' ? request['requested_by'] : 'loop'],
    ['mlflow.source.name', 'trainer'], ['mlflow.source.type', 'JOB'], ['mlflow.note.content', noteOf(row)],
  ], LIMITS.tag);
  const params = pairs([
    ...textsIn({ cause: row.cause, threshold: row.threshold, dataset_hash: row.dataset_hash, dataset_path: row.dataset_path, force: request['force'], champion_version: row.champion_version }),
    ...textsIn(asked, ['request']), ...textsIn(made), ...textsIn(how),
    ...textsIn({ epochs: epochsOf(report).length || null }),
  ], LIMITS.param);
  const once = new Map<string, number>([
    ...figuresIn(report, NOT_FIGURES),
    ...WANTED.flatMap((name) => (row[name] === null ? [] : [[name, Number(row[name])] as const])),
    ...(row.duration_ms === null ? [] : [['duration_seconds', Number(row.duration_ms) / 1000] as const]),
    ['attempts', row.attempts],
  ]);
  const metrics = [...epochMetrics(report, startMs, endMs), ...[...once].map(([key, value]) => ({ key, value, timestamp: endMs, step: 0 }))];
  const dataset = row.dataset_hash === null || row.dataset_path === null ? undefined
    : { name: `${row.model_name} ${row.dataset_hash.slice(0, 12)}`, digest: row.dataset_hash.slice(0, LIMITS.digest), sourceUri: row.dataset_path, profile: JSON.stringify(report['counts'] ?? {}) };
  return { runName: row.retrain_id.slice(0, LIMITS.key), status: statusOf(row.outcome), startMs, endMs, tags, params, metrics, dataset };
}

const figure = (value: number | null): string => (value === null ? '–' : Number(value).toFixed(4));
/** What a person reads on the run's page. */
function noteOf(row: MirroredRow): string {
  const about = row.promotion_seq === null ? '' : ` as ${row.model_version ?? '?'} (promotion ${row.promotion_seq})`;
  return `**${row.outcome ?? row.status}**${about}: ${row.outcome_reason ?? ''}\n\n| | candidate | champion ${row.champion_version ?? ''} |\n|---|---|---|\n| weighted F1 | ${figure(row.f1)} | ${figure(row.champion_f1)} |\n| worst category | ${figure(row.min_f1)} | ${figure(row.champion_min_f1)} |\n`;
}

/** Files of a run: where they lie in our S3, and under which name MLflow shows them. Weights only of a promoted model: the others may be deleted one day, and would live on here. */
export function filesOf(row: MirroredRow, weightsFile: string | undefined): { readonly from: string; readonly name: string }[] {
  const page = row.report_s3 == null ? [] : [{ from: row.report_s3, name: `report${/\.\w+$/.exec(row.report_s3)?.[0] ?? ''}` }];
  const run = [{ from: runUriOf(row.model_name, row.id), name: 'run.json' }, ...page];
  if (row.manifest_s3 === null) return run;
  const home = row.manifest_s3.slice(0, row.manifest_s3.lastIndexOf('/'));
  const manifest = { from: row.manifest_s3, name: 'model/manifest.json' };
  if (row.promotion_seq === null || weightsFile === undefined) return [...run, manifest];
  return [...run, manifest, { from: `${home}/model.json`, name: 'model/model.json' }, { from: `${home}/${weightsFile}`, name: `model/${weightsFile}` }];
}

/** The registered version of a promoted row. */
export const versionOf = (row: MirroredRow & { readonly manifest_s3: string }, artifactUri: string): { readonly source: string; readonly description: string; readonly tags: readonly Pair[] } => ({
  source: `${artifactUri}/model`, description: `${row.model_version ?? ''}: ${row.outcome_reason ?? ''}`,
  tags: pairs([[MODEL_TAG, row.manifest_s3], ...textsIn({ run_id: row.id, retrain_id: row.retrain_id, model_version: row.model_version, promotion_seq: row.promotion_seq, weights: row.weights_s3 }, ['loop'])], LIMITS.tag),
});
/** MLmodel: says that a folder is a model, and what lies in it. JSON is YAML. */
export const mlModelOf = (row: MirroredRow, runId: string, weightsFile: string): string =>
  JSON.stringify({ artifact_path: 'model', run_id: runId, utc_time_created: (row.finished_at ?? row.claimed_at).toISOString().replace('T', ' ').replace('Z', ''), flavors: { live_f1_loop: { manifest: 'manifest.json', tfjs: 'model.json', weights: weightsFile } } }, null, 2);
