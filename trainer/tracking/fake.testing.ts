// An MLflow in memory, as a `fetch`: what its REST API does as far as the mirror uses it, and a place to cut it off before or after any call takes effect.
import type { Pair } from './mapping.ts';

type Json = Record<string, unknown>;
type FakeRun = { info: Json & { run_id: string; experiment_id: string; lifecycle_stage: string }; metrics: Map<string, Json>; params: Map<string, string>; tags: Map<string, string>; inputs: Map<string, Json> };
type FakeVersion = { name: string; version: string; run_id: string; source: string; tags: Pair[] };
export type FakeMlflow = {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly calls: string[];
  readonly runs: Map<string, FakeRun>;
  readonly versions: FakeVersion[];
  readonly aliases: Map<string, string>;
  /** Every alias move, in order. */
  readonly moves: string[];
  /** The n-th call from now on (0: the next) gets no answer; what it asked for has been done or not. */
  cutAt(n: number, when: 'before' | 'after'): void;
  /** Nobody listens. */
  away: boolean;
  /** Refuses to make a run of this name. */
  refuses: string | undefined;
  wipe(): void;
};
const answer = (status: number, body: Json): Response => new Response(JSON.stringify(body), { status });
const refuse = (code: string, message: string): Response => answer(code === 'RESOURCE_DOES_NOT_EXIST' ? 404 : 400, { error_code: code, message });
const pairsIn = (value: unknown): Pair[] => (Array.isArray(value) ? (value as Pair[]) : []);
const wanted = (filter: unknown): Pair => {
  const [, key = '', value = ''] = /tags\.`([^`]+)` = '((?:[^']|'')*)'/.exec(String(filter)) ?? [];
  return { key, value: value.replaceAll("''", "'") };
};

export function fakeMlflow(): FakeMlflow {
  const experiments = new Map<string, { id: string; stage: string }>();
  const models = new Set<string>();
  let made = 0;
  let registered = 0;
  let cut: { at: number; when: 'before' | 'after' } | undefined;
  const fake: FakeMlflow = {
    calls: [], runs: new Map(), versions: [], aliases: new Map(), moves: [], away: false, refuses: undefined,
    cutAt: (n, when) => void (cut = { at: fake.calls.length + n, when }),
    wipe() {
      for (const map of [experiments, fake.runs, fake.aliases]) map.clear();
      models.clear();
      fake.versions.length = 0;
      registered = 0;
    },
    fetch: (url, init) => {
      if (fake.away) return Promise.reject(new TypeError('fetch failed'));
      const { pathname, searchParams } = new URL(url);
      const call = `${init.method ?? 'GET'} ${pathname.replace('/api/2.0/mlflow/', '')}`;
      const mine = fake.calls.push(call) - 1;
      const isCut = cut?.at === mine;
      if (isCut && cut?.when === 'before') return Promise.reject(new TypeError(`cut before ${call}`));
      const done = act(call, init.method === 'GET' ? Object.fromEntries(searchParams) : (JSON.parse(String(init.body)) as Json));
      return isCut ? Promise.reject(new TypeError(`cut after ${call}`)) : Promise.resolve(done);
    },
  };
  function act(call: string, body: Json): Response {
    const text = (name: string): string => String(body[name]);
    const run = fake.runs.get(text('run_id'));
    switch (call) {
      case 'GET experiments/get-by-name': {
        const found = experiments.get(text('experiment_name'));
        return found === undefined ? refuse('RESOURCE_DOES_NOT_EXIST', 'no experiment') : answer(200, { experiment: { experiment_id: found.id, lifecycle_stage: found.stage } });
      }
      case 'POST experiments/create':
        if (experiments.has(text('name'))) return refuse('RESOURCE_ALREADY_EXISTS', 'it stands');
        experiments.set(text('name'), { id: String(experiments.size + 1), stage: 'active' });
        return answer(200, {});
      case 'POST runs/search': {
        const { key, value } = wanted(body['filter']);
        const runs = [...fake.runs.values()].filter((one) => one.info.lifecycle_stage === 'active' && one.info.experiment_id === (body['experiment_ids'] as string[])[0] && one.tags.get(key) === value);
        return answer(200, runs.length === 0 ? {} : { runs });
      }
      case 'POST runs/create': {
        if (fake.refuses === body['run_name']) return refuse('INVALID_PARAMETER_VALUE', 'no such run here');
        const run_id = `run${String((made += 1)).padStart(4, '0')}`;
        const fresh: FakeRun = { info: { run_id, experiment_id: text('experiment_id'), artifact_uri: `s3://mlflow/${text('experiment_id')}/${run_id}/artifacts`, start_time: body['start_time'], status: 'RUNNING', lifecycle_stage: 'active' }, metrics: new Map(), params: new Map(), tags: new Map(pairsIn(body['tags']).map(({ key, value }) => [key, value])), inputs: new Map() };
        fake.runs.set(run_id, fresh);
        return answer(200, { run: fresh });
      }
      case 'POST registered-models/create':
        if (models.has(text('name'))) return refuse('RESOURCE_ALREADY_EXISTS', 'it stands');
        models.add(text('name'));
        return answer(200, {});
      case 'GET model-versions/search': {
        const { key, value } = wanted(body['filter']);
        return answer(200, { model_versions: fake.versions.filter((one) => text('filter').startsWith(`name = '${one.name}' `) && one.tags.some((tag) => tag.key === key && tag.value === value)) });
      }
      case 'POST model-versions/create':
        fake.versions.push({ name: text('name'), version: String((registered += 1)), run_id: text('run_id'), source: text('source'), tags: pairsIn(body['tags']) });
        return answer(200, {});
      case 'DELETE model-versions/delete':
        return fake.versions.some((one, i) => one.name === body['name'] && one.version === body['version'] && fake.versions.splice(i, 1)) ? answer(200, {}) : refuse('RESOURCE_DOES_NOT_EXIST', 'no version');
      case 'GET registered-models/alias': {
        const version = fake.aliases.get(`${text('name')}@${text('alias')}`);
        return version === undefined ? refuse('INVALID_PARAMETER_VALUE', 'no alias') : answer(200, { model_version: { version } });
      }
      case 'POST registered-models/alias':
        fake.aliases.set(`${text('name')}@${text('alias')}`, text('version'));
        fake.moves.push(text('version'));
        return answer(200, {});
      default:
        if (run === undefined) return refuse('RESOURCE_DOES_NOT_EXIST', `${call}: no run`);
        return onRun(call, body, run);
    }
  }
  function onRun(call: string, body: Json, run: FakeRun): Response {
    switch (call) {
      case 'GET runs/get': return answer(200, { run });
      case 'POST runs/delete':
        run.info.lifecycle_stage = 'deleted';
        return answer(200, {});
      case 'POST runs/update':
        Object.assign(run.info, { status: body['status'], end_time: body['end_time'] });
        return answer(200, {});
      case 'POST runs/log-inputs':
        for (const one of body['datasets'] as { dataset: Json }[]) run.inputs.set(String(one.dataset['digest']), one.dataset);
        return answer(200, {});
      case 'POST runs/log-batch': {
        const changed = pairsIn(body['params']).find(({ key, value }) => (run.params.get(key) ?? value) !== value);
        if (changed !== undefined) return refuse('INVALID_PARAMETER_VALUE', `Changing param values is not allowed: ${changed.key}`);
        for (const { key, value } of pairsIn(body['params'])) run.params.set(key, value);
        for (const { key, value } of pairsIn(body['tags'])) run.tags.set(key, value);
        for (const one of (body['metrics'] ?? []) as Json[]) run.metrics.set(JSON.stringify(one), one);
        return answer(200, {});
      }
      default: return answer(404, { error_code: 'ENDPOINT_NOT_FOUND', message: call });
    }
  }
  return fake;
}
