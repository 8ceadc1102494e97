// What a claimed request means: whether it is still worth training, and with what.
import { RETRAIN_CAUSES, type RetrainCause, type RetrainRequested } from '../schemas/events.ts';
import { METRICS, type BestModelMetric } from './progress.ts';

export type Params = { readonly epoch_num?: number; readonly best_model_metric?: BestModelMetric; readonly train_file_s3?: string; /** of a rollback; absent: the one before */ readonly version?: string };
export type Usable = { readonly status: 'usable'; readonly cause: RetrainCause; readonly params: Params } | { readonly status: 'unusable'; readonly reason: string };

/** Checks a request before it is claimed; an unusable one goes to the dead letters with this reason. */
export function usable(request: RetrainRequested): Usable {
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
  const file: unknown = Reflect.get(params, 'train_file_s3');
  if (file !== undefined && (typeof file !== 'string' || !/^s3:\/\/[^/]+\/.+/.test(file))) return { status: 'unusable', reason: 'params_json.train_file_s3 must look like s3://bucket/key' };
  const asked: unknown = Reflect.get(params, 'best_model_metric');
  const metric = METRICS.find((one) => one === asked);
  if (asked !== undefined && metric === undefined) return { status: 'unusable', reason: `params_json.best_model_metric must be ${METRICS.join(' or ')}` };
  const version: unknown = Reflect.get(params, 'version');
  if (version !== undefined && (typeof version !== 'string' || version === '' || version.length > 64)) return { status: 'unusable', reason: 'params_json.version must be a version like v2' };
  return { status: 'usable', cause, params: { ...(typeof version === 'string' ? { version } : {}), ...(typeof epochs === 'number' ? { epoch_num: epochs } : {}), ...(metric === undefined ? {} : { best_model_metric: metric }), ...(typeof file === 'string' ? { train_file_s3: file } : {}) } };
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
