// What a claimed request means: whether it is still worth training, and with what.
import { addressProblem } from '../../schemas/addresses.ts';
import { RETRAIN_CAUSES, type RetrainCause, type RetrainRequested } from '../../schemas/events.ts';
import type { BadRows } from '../data/dataset.ts';
import { BAD_ROWS } from '../data/plan.ts';
import { METRICS, type BestModelMetric } from '../model/progress.ts';

export type Params = { readonly epoch_num?: number; readonly best_model_metric?: BestModelMetric; readonly train_file_s3?: string; readonly train_dir_s3?: string; readonly on_bad_rows?: BadRows; /** of a rollback; absent: the one before */ readonly version?: string };
export type Usable = { readonly status: 'usable'; readonly cause: RetrainCause; readonly params: Params } | { readonly status: 'unusable'; readonly reason: string };

type Data = Pick<Params, 'train_file_s3' | 'train_dir_s3' | 'on_bad_rows'>;
/** What a request says about its data, or what is wrong with it. */
function dataOf(params: object, cause: RetrainCause, buckets: readonly string[]): { readonly data: Data } | { readonly reason: string } {
  const data: { -readonly [K in keyof Data]: Data[K] } = {};
  for (const [name, kind] of [['train_file_s3', 'file'], ['train_dir_s3', 'folder']] as const) {
    const uri: unknown = Reflect.get(params, name);
    if (uri === undefined) continue;
    const problem = typeof uri === 'string' ? addressProblem(uri, kind, buckets) : 'must be a text';
    if (problem !== undefined) return { reason: `params_json.${name} ${problem}` };
    data[name] = String(uri);
  }
  const asked: unknown = Reflect.get(params, 'on_bad_rows');
  const badRows = BAD_ROWS.find((one) => one === asked);
  if (asked !== undefined && badRows === undefined) return { reason: `params_json.on_bad_rows must be ${BAD_ROWS.join(' or ')}` };
  if (badRows !== undefined) data.on_bad_rows = badRows;
  if (cause === 'train_csv' && data.train_file_s3 === undefined) return { reason: 'params_json.train_file_s3 is missing' };
  if (cause === 'human_feedback' && data.train_dir_s3 === undefined) return { reason: 'params_json.train_dir_s3 is missing' };
  return { data };
}

/** Checks a request before it is claimed; an unusable one goes to the dead letters with this reason. buckets: where its data may lie. */
export function usable(request: RetrainRequested, buckets: readonly string[]): Usable {
  const cause = RETRAIN_CAUSES.find((one) => one === request.cause);
  if (cause === undefined) return { status: 'unusable', reason: `cause '${request.cause}' is not one of ${RETRAIN_CAUSES.join(', ')}` };
  if (request.retrain_id === '' || request.retrain_id.length > 300) return { status: 'unusable', reason: 'retrain_id must have 1 to 300 characters' };
  if (request.model_name === '') return { status: 'unusable', reason: 'model_name is empty' };
  let params: unknown;
  try {
    params = JSON.parse(request.params_json === '' ? '{}' : request.params_json);
  } catch {
    return { status: 'unusable', reason: 'params_json is not JSON' };
  }
  if (typeof params !== 'object' || params === null || Array.isArray(params)) return { status: 'unusable', reason: 'params_json is not an object' };
  const epochs: unknown = Reflect.get(params, 'epoch_num');
  if (epochs !== undefined && !(typeof epochs === 'number' && Number.isInteger(epochs) && epochs >= 1 && epochs <= 200)) return { status: 'unusable', reason: 'params_json.epoch_num must be a whole number from 1 to 200' };
  const data = dataOf(params, cause, buckets);
  if ('reason' in data) return { status: 'unusable', reason: data.reason };
  const asked: unknown = Reflect.get(params, 'best_model_metric');
  const metric = METRICS.find((one) => one === asked);
  if (asked !== undefined && metric === undefined) return { status: 'unusable', reason: `params_json.best_model_metric must be ${METRICS.join(' or ')}` };
  const version: unknown = Reflect.get(params, 'version');
  if (version !== undefined && (typeof version !== 'string' || version === '' || version.length > 64)) return { status: 'unusable', reason: 'params_json.version must be a version like v2' };
  return { status: 'usable', cause, params: { ...(typeof version === 'string' ? { version } : {}), ...(typeof epochs === 'number' ? { epoch_num: epochs } : {}), ...(metric === undefined ? {} : { best_model_metric: metric }), ...data.data } };
}

/** The row an order to cancel names; undefined when it names none. */
export function cancelledId({ params_json }: RetrainRequested): string | undefined {
  try {
    const params: unknown = JSON.parse(params_json);
    const id: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'id') : undefined;
    return typeof id === 'string' && id !== '' ? id : undefined;
  } catch {
    return undefined;
  }
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** A row id made of a hash: the same request has the same id, also where the table is made again from the log. */
export const rowIdFrom = (hexHash: string): string => `${hexHash.slice(0, 8)}-${hexHash.slice(8, 12)}-8${hexHash.slice(13, 16)}-8${hexHash.slice(17, 20)}-${hexHash.slice(20, 32)}`;
/** The id that was told to whoever asked, where the retrain id ends in one; else `made`. */
export function rowIdOf({ retrain_id, cause }: RetrainRequested, made: string): string {
  const told = retrain_id.slice(retrain_id.lastIndexOf('/') + 1);
  return cause !== 'drift' && cause !== 'schedule' && UUID.test(told) ? told : made;
}

export type Worth = { readonly status: 'train' } | { readonly status: 'skip'; readonly outcome: 'superseded' | 'stale' | 'cancelled'; readonly reason: string };
type Facts = { readonly request: RetrainRequested; readonly autoRetrain: 'on' | 'off'; readonly champion: { readonly version: string; readonly promotedAtMs: number } | undefined; readonly laterRetrainId: string | undefined };

/** Only drift and schedule are ever skipped: a person's job waits its turn. */
export function worthTraining({ request, autoRetrain, champion, laterRetrainId }: Facts): Worth {
  if (request.cause !== 'drift' && request.cause !== 'schedule') return { status: 'train' };
  if (autoRetrain === 'off') return { status: 'skip', outcome: 'cancelled', reason: 'AUTO_RETRAIN is off' };
  if (laterRetrainId !== undefined) return { status: 'skip', outcome: 'superseded', reason: `${laterRetrainId} was requested later` };
  const { newest_predicted_at: newest } = request;
  if (request.cause === 'drift' && champion !== undefined && request.model_version !== champion.version && newest !== null && newest < champion.promotedAtMs) {
    return { status: 'skip', outcome: 'stale', reason: `its newest prediction is older than the promotion of ${champion.version}` };
  }
  return { status: 'train' };
}
