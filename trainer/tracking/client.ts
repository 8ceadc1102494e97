// A thin client of MLflow's REST API 2.0: one call each, a time limit on every one, its refusals told apart from its absence.
import { messageOf, poison, transient } from '../../schemas/failure.ts';
import { chunksOf, LIMITS } from './names.ts';
import type { DatasetInput, Metric, Pair, Told } from './mapping.ts';

export type Run = { readonly runId: string; readonly artifactUri: string; readonly startMs: number };
export type ModelVersion = { readonly version: string; readonly runId: string };
type Json = Readonly<Record<string, unknown>>;
type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);
const at = (value: unknown, ...path: readonly string[]): unknown => path.reduce<unknown>((inner, name) => (isObject(inner) ? inner[name] : undefined), value);
const text = (value: unknown, ...path: readonly string[]): string => {
  const found = at(value, ...path);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
};
const list = (value: unknown, name: string): readonly unknown[] => {
  const found = at(value, name);
  return Array.isArray(found) ? found : [];
};
const quoted = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const runIn = (answer: unknown): Run => ({ runId: text(answer, 'info', 'run_id'), artifactUri: text(answer, 'info', 'artifact_uri'), startMs: Number(text(answer, 'info', 'start_time')) });

export type Tracking = ReturnType<typeof createTracking>;
/** signal: ends every call that is under way. Throws transient `mlflow_away` when MLflow cannot be asked now, poison `mlflow_refused` when it will not have it. */
export function createTracking({ uri, fetch, timeoutMs, signal }: { uri: string; fetch: Fetch; timeoutMs: number; signal: AbortSignal }) {
  const base = `${uri.replace(/\/+$/, '')}/api/2.0/mlflow`;
  /** allow: error codes that are an answer, not a failure; undefined is returned for them. */
  async function call(method: 'GET' | 'POST' | 'DELETE', path: string, body: Json, allow: readonly string[] = []): Promise<Json | undefined> {
    const query = method === 'GET' ? `?${new URLSearchParams(Object.entries(body).map(([name, value]): [string, string] => [name, String(value)])).toString()}` : '';
    let response: Response;
    let read: unknown;
    try {
      response = await fetch(`${base}/${path}${query}`, { method, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]), ...(method === 'GET' ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }) });
      read = await response.json().catch((cause: unknown) => {
        if (response.ok) throw cause;
      });
    } catch (cause) {
      throw transient('mlflow_away', `MLflow at ${uri} does not answer ${path} (${messageOf(cause)})`, { cause });
    }
    if (response.ok) return isObject(read) ? read : {};
    const code = text(read, 'error_code');
    if (allow.includes(code)) return undefined;
    const told = `MLflow at ${uri} answers ${path} with ${response.status} ${code}: ${text(read, 'message').slice(0, 500)}`;
    // 429 and 5xx pass; so does a 4xx that is not MLflow's own, from something between us and it.
    throw response.status >= 500 || response.status === 429 || code === '' ? transient('mlflow_away', told) : poison('mlflow_refused', told);
  }
  const post = (path: string, body: Json, allow?: readonly string[]): Promise<Json | undefined> => call('POST', path, body, allow);
  const ABSENT = ['RESOURCE_DOES_NOT_EXIST'];
  const STANDS = ['RESOURCE_ALREADY_EXISTS'];

  return {
    /** The experiment of that name, made, or restored when somebody deleted it. */
    async experiment(name: string): Promise<string> {
      const find = (): Promise<Json | undefined> => call('GET', 'experiments/get-by-name', { experiment_name: name }, ABSENT);
      let found = await find();
      if (found === undefined) {
        await post('experiments/create', { name }, STANDS);
        found = await find();
      }
      const id = text(found, 'experiment', 'experiment_id');
      if (id === '') throw transient('mlflow_away', `MLflow at ${uri} has no experiment ${name} although it was just made`);
      if (text(found, 'experiment', 'lifecycle_stage') === 'deleted') await post('experiments/restore', { experiment_id: id });
      return id;
    },
    async runsTagged(experimentId: string, tag: Pair): Promise<Run[]> {
      const answer = await post('runs/search', { experiment_ids: [experimentId], filter: `tags.\`${tag.key}\` = ${quoted(tag.value)}`, max_results: 100, run_view_type: 'ACTIVE_ONLY' });
      return list(answer, 'runs').map(runIn);
    },
    async createRun(experimentId: string, { runName, startMs }: Told, tags: readonly Pair[]): Promise<Run> {
      return runIn(at(await post('runs/create', { experiment_id: experimentId, run_name: runName, start_time: startMs, tags }), 'run'));
    },
    async runExists(runId: string): Promise<boolean> {
      return (await call('GET', 'runs/get', { run_id: runId }, ABSENT)) !== undefined;
    },
    deleteRun: (runId: string): Promise<unknown> => post('runs/delete', { run_id: runId }, ABSENT),
    async log(runId: string, { metrics, params, tags }: { readonly metrics: readonly Metric[]; readonly params: readonly Pair[]; readonly tags: readonly Pair[] }): Promise<void> {
      for (const part of chunksOf(metrics, LIMITS.metricsPerBatch)) await post('runs/log-batch', { run_id: runId, metrics: part });
      for (const part of chunksOf(params, LIMITS.pairsPerBatch)) await post('runs/log-batch', { run_id: runId, params: part });
      for (const part of chunksOf(tags, LIMITS.pairsPerBatch)) await post('runs/log-batch', { run_id: runId, tags: part });
    },
    logDataset: (runId: string, { name, digest, sourceUri, profile }: DatasetInput): Promise<unknown> =>
      post('runs/log-inputs', { run_id: runId, datasets: [{ tags: [{ key: 'mlflow.data.context', value: 'training' }], dataset: { name, digest, source_type: 's3', source: JSON.stringify({ uri: sourceUri }), profile } }] }),
    endRun: (runId: string, { status, endMs }: Told): Promise<unknown> => post('runs/update', { run_id: runId, status, end_time: endMs }),

    registerModel: (name: string): Promise<unknown> => post('registered-models/create', { name }, STANDS),
    async versionsTagged(name: string, tag: Pair): Promise<ModelVersion[]> {
      const answer = await call('GET', 'model-versions/search', { filter: `name = ${quoted(name)} AND tags.\`${tag.key}\` = ${quoted(tag.value)}`, max_results: 100 });
      return list(answer, 'model_versions').map((one) => ({ version: text(one, 'version'), runId: text(one, 'run_id') }));
    },
    async createVersion(name: string, { source, runId, description, tags }: { readonly source: string; readonly runId: string; readonly description: string; readonly tags: readonly Pair[] }): Promise<void> {
      await post('model-versions/create', { name, source, run_id: runId, description, tags });
    },
    deleteVersion: (name: string, version: string): Promise<unknown> => call('DELETE', 'model-versions/delete', { name, version }, ABSENT),
    /** The version an alias names. */
    async aliased(name: string, alias: string): Promise<string | undefined> {
      const answer = await call('GET', 'registered-models/alias', { name, alias }, [...ABSENT, 'INVALID_PARAMETER_VALUE']);
      return answer === undefined ? undefined : text(answer, 'model_version', 'version');
    },
    setAlias: (name: string, alias: string, version: string): Promise<unknown> => post('registered-models/alias', { name, alias, version }),
    /** A file of a run whose artifacts the server keeps itself (`mlflow-artifacts:/...`). */
    async putArtifact(artifactUri: string, name: string, bytes: Uint8Array): Promise<void> {
      const path = `${artifactUri.replace(/^mlflow-artifacts:\/+/, '')}/${name}`;
      const response = await fetch(`${base}-artifacts/artifacts/${path}`, { method: 'PUT', body: new Uint8Array(bytes), headers: { 'content-type': 'application/octet-stream' }, signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) }).catch((cause: unknown) => {
        throw transient('mlflow_away', `MLflow at ${uri} does not take ${path} (${messageOf(cause)})`, { cause });
      });
      if (!response.ok) throw transient('mlflow_away', `MLflow at ${uri} does not take ${path}: ${response.status}`);
    },
  };
}
