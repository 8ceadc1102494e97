// A small service that answers what the console asks, from seeded data, in memory: for tests of the pages in a browser. It knows no Kafka and no model; its words are those of the contract (rules/wire.ts).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { streams } from '../../producers/catalogue.ts';
import { bandsOf } from '../../consumers/monitor/band.ts';
import { DEFAULT_CATEGORIES } from '../../schemas/categories.ts';
import { addCell, cellsOf, emptyConfusion, type Confusion } from '../../schemas/confusion.ts';
import { scoresOf } from '../../schemas/f1.ts';
import { createRandom } from '../../schemas/random.ts';
import { readPages } from '../http/pages.ts';
import { CONSOLE_POLICY } from '../routes/console.ts';
import { CONSOLE_FILES } from './files.ts';
import type { Bucket, DeadLetter, Delta, Example, LeasedItem, Live, Models, Prediction, Run, Version, WholeRun } from './rules/wire.ts';

const CATEGORIES = DEFAULT_CATEGORIES;
const MINUTE = 60_000;
const LEASE_MS = 300_000;
export const EVIL = '<img src=x onerror="document.title=\'pwned\'"><script>document.title="pwned"</script>';
type Held = Prediction & { readonly product_description: string; label: string | null; readonly truth: string };
type Answer = { readonly status: number; readonly body: object };
const problem = (status: number, title: string, detail: string): Answer => ({ status, body: { type: 'about:blank', title, status, detail } });

export type Fake = {
  readonly url: string;
  /** Everybody who listens hears of it. */
  promote(version: string, cause: string): void;
  /** Requests whose path begins so are answered with this status until it is undefined. */
  fail(path: string, status: number | undefined): void;
  /** One more dead letter, as of now. */
  setAside(id: string): void;
  readonly feedback: { readonly prediction_id: string; readonly category: string | null }[];
  /** Ends every event stream. */
  tear(): void;
  stop(): Promise<void>;
};

export async function startFake({ seed = 7, predictions = 300, nowMs = Date.now }: { readonly seed?: number; readonly predictions?: number; readonly nowMs?: () => number } = {}): Promise<Fake> {
  const random = createRandom(seed);
  const pages = readPages(join(import.meta.dirname), CONSOLE_FILES);
  const startMs = nowMs();
  let made = 0;
  function predict(text: string, truth: string, version: string, atMs: number): Held {
    const sure = 0.35 + 0.64 * random.next();
    const predicted = random.next() < 0.88 || sure > 0.9 ? truth : random.pick(CATEGORIES);
    const parts = CATEGORIES.map(() => random.next());
    const rest = CATEGORIES.reduce((sum, category, i) => sum + (category === predicted ? 0 : (parts[i] ?? 0)), 0);
    made += 1;
    return {
      prediction_id: `0199a1b2-7c3d-7e4f-8a5b-${String(made).padStart(12, '0')}`, product_description: text, category: predicted, truth, label: null, model_version: version, predicted_at: atMs, audit: made % 20 === 0,
      probabilities: CATEGORIES.map((category, i) => ({ category, probability: category === predicted ? sure : ((1 - sure) * (parts[i] ?? 0)) / rest })),
    };
  }
  const { familiar, fresh } = streams(seed, predictions, 200);
  const held: Held[] = [...familiar, ...fresh].slice(0, predictions - 1).map((row, i) => predict(row.product_description, row.category, 'v2', startMs - (predictions - i) * 2000));
  held.push({ ...predict(EVIL, 'Beverages', 'v2', startMs), probabilities: CATEGORIES.map((category) => ({ category, probability: 0.2 })) });
  const leases = new Map<string, number>();
  const feedback: Fake['feedback'] = [];
  let serving = { version: 'v2', seq: 2 };
  const iso = (ms: number): string => new Date(ms).toISOString();

  let cells: Confusion = emptyConfusion;
  for (let i = 0; i < 412; i += 1) {
    const label = random.pick(CATEGORIES);
    cells = addCell(cells, label, random.next() < 0.93 ? label : random.pick(CATEGORIES), 1);
  }
  function version(name: string): Version {
    const scores = scoresOf(cells);
    const bands = bandsOf(cells, scores);
    const weighted = scores.weighted ?? null;
    return {
      model_version: name, status: 'healthy', status_since: startMs - 42 * MINUTE, reasons: [], labels: scores.labels, labels_total: scores.labels, weighted_f1: weighted, band: bands.weighted ?? null,
      classes: scores.classes.map(({ category, f1, support }) => ({ category, f1: f1 ?? null, support, band: bands.classes.get(category) ?? null })), threshold: 0.9, class_threshold: null, episode: 0, resting: false, pending: false, last_labelled_at: startMs,
      evidence: { statistic: 0.4 + 3 * Math.abs(Math.sin((nowMs() - startMs) / 7000)), alarm_at: 10_000, labels_since_last_alarm: scores.labels, detectors: { weighted: 1.9, 'category:Beverages': 0.02, 'category:Fresh & Perishable Items': 36 } },
      window_cells: cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count })), audit: { weighted_f1: weighted, band: bands.weighted ?? null, labels: 31 },
    };
  }
  const live = (): Live => ({
    serving: { model_name: 'grocery', model_version: serving.version, promotion_seq: serving.seq, weights_sha256: 'ab'.repeat(32), categories: CATEGORIES }, live: { models: [version('v1'), version(serving.version)] },
    join: { coverage: 0.614, audit_coverage: 0.93, label_delay_seconds: { p50: 212, p90: 5400, p99: 86_000 }, waiting: 118 },
  });
  const bucketsFor = (from: number, count: number, f1: (share: number) => number): Bucket[] => Array.from({ length: count }, (_, i) => {
    const value = Math.min(1, Math.max(0.4, f1(i / count) + 0.02 * (random.next() - 0.5)));
    return { start_ms: from + i * MINUTE, length_ms: MINUTE, labels: 12 + random.below(30), weighted_f1: value, band: [value - 0.035, Math.min(1, value + 0.03)] };
  });
  const history = { models: [{ model_version: 'v1', buckets: bucketsFor(startMs - 110 * MINUTE, 66, (share) => (share < 0.55 ? 0.935 : 0.935 - 0.32 * (share - 0.55))) }, { model_version: 'v2', buckets: bucketsFor(startMs - 43 * MINUTE, 42, () => 0.955) }] };
  const promotions = [{ version: 'v2', seq: 2, cause: 'drift', at: startMs - 43 * MINUTE }, { version: 'v1', seq: 1, cause: 'bootstrap', at: startMs - 112 * MINUTE }];
  const models = (): Models => ({
    models: live().serving === null ? [] : [{ model_name: 'grocery', model_version: serving.version, promotion_seq: serving.seq, weights_sha256: 'ab'.repeat(32), categories: CATEGORIES }],
    versions: [...new Set(promotions.map((one) => one.version))].map((name) => ({ model_version: name, run_id: `run-${name}`, f1: 0.944, min_f1: 0.917, removed_at: null, promotions: promotions.filter((one) => one.version === name).map((one) => ({ promotion_seq: one.seq, cause: one.cause, reason: null, promoted_at: iso(one.at) })) })),
  });
  const runs: Run[] = [
    { id: 'run-v3', kind: 'training', retrain_id: 'grocery/manual/77', cause: 'manual', status: 'FINISHED', outcome: null, outcome_reason: 'not worse anywhere, better on the hold-out', approval: 'awaiting', approve_until: iso(startMs + 6 * 86_400_000), model_version: 'v3', champion_version: 'v2', f1: 0.951, champion_f1: 0.944, requested_at: iso(startMs - 12 * MINUTE), duration_ms: 9120, params: { epoch_num: 5 } },
    { id: 'run-v2', kind: 'training', retrain_id: 'grocery/v1/1', cause: 'drift', status: 'FINISHED', outcome: 'promoted', outcome_reason: 'better on the recent rows: weighted F1 0.9445, champion 0.9000; 52 rows gained, 2 lost of 1154; not worse on the hold-out', model_version: 'v2', champion_version: 'v1', f1: 0.9448, champion_f1: 0.9413, live_f1: 0.8843, threshold: 0.9, requested_at: iso(startMs - 44 * MINUTE), duration_ms: 10_136 },
    { id: 'run-x', kind: 'training', retrain_id: 'grocery/train_csv/9', cause: 'train_csv', status: 'FINISHED', outcome: 'rejected', outcome_reason: 'worse on the hold-out in Beverages: 0.871, champion 0.924, margin 0.03', model_version: null, champion_version: 'v1', f1: 0.9312, champion_f1: 0.9413, requested_at: iso(startMs - 80 * MINUTE), duration_ms: 8800, params: { train_file_s3: 's3://dataset/train/more.csv' } },
    { id: 'run-v1', kind: 'training', retrain_id: 'grocery/bootstrap/ed36', cause: 'bootstrap', status: 'FINISHED', outcome: 'promoted', outcome_reason: 'no champion, and better than the majority class (0.9413 against 0.1574)', model_version: 'v1', f1: 0.9413, champion_f1: null, requested_at: iso(startMs - 113 * MINUTE), duration_ms: 4561 },
  ];
  const delta = (champion: number, challenger: number, support: number, limit: number | null): Delta => ({ champion, challenger, delta: challenger - champion, band: [challenger - champion - 0.012, challenger - champion + 0.012], support, limit, holds: limit === null ? null : challenger - champion >= -limit });
  function whole(run: Run): WholeRun {
    const compared = (rows: number, champion: number, challenger: number) => ({ rows, gained: 52, lost: 2, p_value: 8.25e-14, weighted: delta(champion, challenger, rows, 0.01), categories: CATEGORIES.map((category, i) => ({ category, ...delta(champion - 0.01 * i, challenger - 0.012 * i, Math.round(rows / (i + 2)), i === 4 ? null : 0.03) })) });
    return {
      ...run, request: { requested_by: 'monitor' }, dataset_hash: '9f2c'.repeat(16), dataset_path: `s3://models/grocery/runs/${run.id}/rows.csv`, progress: [{ epoch: 3, epochs: 3, loss: 0.0661, f1: 0.9427 }],
      report: { counts: { base: 6300, labelled: 812 }, verdict: { reasons: run.outcome_reason?.split('; ') ?? [], warnings: [] }, contests: run.champion_f1 == null ? [] : [{ challenger: 'candidate', version: null, hold_out: compared(1404, 0.9413, 0.9448), recent: compared(1154, 0.9, 0.9445) }] },
    };
  }
  const text = (words: string): Pick<DeadLetter, 'bytes_base64' | 'length' | 'text'> => ({ bytes_base64: Buffer.from(words).toString('base64'), length: Buffer.byteLength(words), text: words });
  let letters: readonly DeadLetter[] = [
    { id: 'dead-letters:0:41', topic: 'feedback', partition: 2, offset: 1034, reason: 'unknown_category', error: "'Drinks' is not among the categories of prediction 0199a1b2-7c3d", at_ms: startMs - 5 * MINUTE, key: '0199a1b2-7c3d', ...text('{"prediction_id":"0199a1b2-7c3d","category":"Drinks"}'), resent: false },
    { id: 'dead-letters:0:40', topic: 'products', partition: 0, offset: 88, reason: 'undecodable', error: 'the value does not begin with 0x00 and a schema id', at_ms: startMs - 9 * MINUTE, key: null, bytes_base64: Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 37) % 256)).toString('base64'), length: 300, text: null, resent: false },
    { id: 'dead-letters:0:39', topic: 'products', partition: 1, offset: 80, reason: 'not_usable', error: `the key differs from the id in the value: ${EVIL}`, at_ms: startMs - 3 * 86_400_000, key: EVIL, ...text(EVIL), resent: true },
  ];

  const failures = new Map<string, number>();
  const listeners = new Set<ServerResponse>();
  const tell = (to: ServerResponse, event: string, data: object): void => void to.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  const tellAll = (event: string, data: object): void => listeners.forEach((one) => tell(one, event, data));
  function promote(name: string, cause: string): void {
    serving = { version: name, seq: serving.seq + 1 };
    promotions.unshift({ version: name, seq: serving.seq, cause, at: nowMs() });
    runs.unshift({ id: `run-${serving.seq}`, kind: cause === 'rollback' ? 'rollback' : 'training', retrain_id: `grocery/${cause}/${serving.seq}`, cause, status: 'FINISHED', outcome: 'promoted', outcome_reason: cause === 'rollback' ? `back to ${name}` : 'better', model_version: name, requested_at: iso(nowMs()), duration_ms: 40 });
    tellAll('models', models());
    tellAll('runs', { jobs: runs });
    tellAll('live', live());
  }
  const example = (one: Held): Example => ({ ...one, status: one.label === null ? 'unlabelled' : 'labelled' });

  function lease(body: { order?: string; limit?: number; except?: string[] }, who: string): object {
    const now = nowMs();
    const free = held.filter((one) => one.label === null && !(body.except ?? []).includes(one.prediction_id) && (body.order !== 'audit' || one.audit));
    const margin = (one: Held): number => {
      const [a = 0, b = 0] = one.probabilities.map(({ probability }) => probability).toSorted((x, y) => y - x);
      return a - b;
    };
    const ordered = body.order === 'newest' ? free.toReversed() : body.order === 'audit' ? free : free.toSorted((a, b) => margin(a) - margin(b));
    const items = ordered.slice(0, body.limit ?? 20).map((one): LeasedItem => (leases.set(`${who}:${one.prediction_id}`, now + LEASE_MS), { ...one, leased_until: now + LEASE_MS }));
    return { items, waiting: held.filter((one) => one.label === null).length };
  }
  function answer(method: string, path: string, query: URLSearchParams, body: Record<string, never>, who: string): Answer {
    const given: { readonly [name: string]: unknown } = body;
    const ok = (value: object, status = 200): Answer => ({ status, body: value });
    switch (`${method} ${path}`) {
      case 'GET /v1/whoami': return ok({ name: who, scopes: who === 'admin' ? ['predict', 'feedback', 'train', 'admin'] : who === 'labeller' ? ['feedback'] : [], model_name: 'grocery', categories: CATEGORIES, service_version: '0.1.0' });
      case 'POST /v1/predict': {
        const one = predict(String(given['product_description']), random.pick(CATEGORIES), serving.version, nowMs());
        held.push(one);
        return ok(one);
      }
      case 'POST /v1/feedback': {
        const one = held.find(({ prediction_id }) => prediction_id === given['prediction_id']);
        const category = given['category'] === null ? null : String(given['category']);
        feedback.push({ prediction_id: String(given['prediction_id']), category });
        if (one !== undefined) {
          if (one.label !== null) cells = addCell(cells, one.label, one.category, -1);
          if (category !== null) cells = addCell(cells, category, one.category, 1);
          one.label = category;
        }
        return ok({ ...given, status: 'accepted' }, 202);
      }
      case 'POST /v1/labels/lease': return ok(lease(given, who));
      case 'POST /v1/labels/release': return ok({});
      case 'GET /v1/labels/progress': return ok({ labelled: 37 + held.filter((one) => one.label !== null).length, corrected: 4, withdrawn: 0, by_me: feedback.length, sources: {} });
      case 'GET /v1/live': return ok(live());
      case 'GET /v1/live/history': return ok(history);
      case 'GET /v1/live/examples': {
        const found = held.filter((one) => one.truth === query.get('label') && one.category === query.get('predicted')).slice(0, 20).map((one) => ({ ...example(one), label: one.truth }));
        return ok({ items: found });
      }
      case 'GET /v1/models': return ok(models());
      case 'GET /v1/jobs': return ok({ jobs: runs });
      case 'POST /v1/models/grocery/rollback': promote(String(given['version'] ?? 'v1'), 'rollback'); return ok({ status: 'PENDING' }, 202);
      case 'POST /v1/retrain': return ok({ status: 'PENDING' }, 202);
      case 'GET /v1/dead-letters': return ok({ items: letters.filter((one) => query.get('topic') === null || one.topic === query.get('topic')), next: null });
    }
    if (`${method} ${path}` === 'POST /v1/dead-letters/purge') {
      const ids: unknown = given['ids'];
      const goes = (one: DeadLetter): boolean => (Array.isArray(ids) ? ids.includes(one.id) : (given['topic'] === undefined || one.topic === given['topic']) && one.at_ms < Number(given['before_ms']));
      const stay = letters.filter((one) => !goes(one));
      const told = { status: given['dry_run'] === true ? 'counted' : 'purged', purged: letters.length - stay.length, in_log: 0, kept: stay.length, complete: true };
      if (given['dry_run'] !== true) letters = stay;
      return ok(told);
    }
    const [, kind, id = '', act] = /^\/v1\/(jobs|models\/grocery\/runs|dead-letters)\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const run = runs.find((one) => one.id === decodeURIComponent(id));
    if (kind === 'jobs' && run !== undefined) return ok(whole(run));
    if (kind === 'dead-letters' && act === 'resend') return ok({ id, status: 'resent' }, 202);
    if (run !== undefined && act !== undefined) {
      runs[runs.indexOf(run)] = { ...run, approval: act === 'approve' ? 'approved' : 'declined', outcome: act === 'approve' ? 'promoted' : 'rejected' };
      tellAll('runs', { jobs: runs });
      return ok({ status: 'accepted' }, 202);
    }
    return problem(404, 'not found', `there is no ${method} ${path}`);
  }

  async function bodyOf(request: IncomingMessage): Promise<Record<string, never>> {
    let read = '';
    for await (const chunk of request) read += String(chunk);
    return (read === '' ? {} : JSON.parse(read)) as Record<string, never>;
  }
  const server = createServer((request, response) => void (async () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://fake');
    const file = pages.get(pathname === '/' ? 'index.html' : pathname.replace(/^\/console\//, ''));
    if (file !== undefined) return response.writeHead(200, { 'content-type': file.type, 'content-encoding': 'br', 'content-security-policy': CONSOLE_POLICY, 'cache-control': 'no-cache', etag: file.etag }).end(file.bytes.br);
    const who = /^Bearer (admin|labeller|reader)$/.exec(request.headers.authorization ?? '')?.[1];
    const failing = [...failures].find(([prefix]) => pathname.startsWith(prefix))?.[1];
    const { status, body } = failing !== undefined ? problem(failing, 'unavailable', 'Kafka did not acknowledge in time') : who === undefined ? problem(401, 'unauthorized', 'send a known token') : pathname === '/v1/live/events' ? { status: 200, body: {} } : answer(request.method ?? 'GET', pathname, searchParams, await bodyOf(request), who);
    if (status !== 200 || pathname !== '/v1/live/events') return response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write('retry: 500\n\n');
    listeners.add(response);
    response.on('close', () => listeners.delete(response));
    tell(response, 'live', live());
    tell(response, 'history', { changed_at_ms: nowMs() });
    tell(response, 'models', models());
    tell(response, 'runs', { jobs: runs });
  })());
  const moving = setInterval(() => tellAll('live', live()), 1000);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, promote, feedback,
    setAside: (id) => void (letters = [{ id, topic: 'feedback', partition: 0, offset: 9, reason: 'orphan', error: `no prediction for ${id}`, at_ms: nowMs() + MINUTE, key: id, ...text('{}'), resent: false }, ...letters]),
    fail: (path, status) => void (status === undefined ? failures.delete(path) : failures.set(path, status)),
    tear: () => listeners.forEach((one) => one.destroy()),
    stop: () => new Promise((resolve) => {
      clearInterval(moving);
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}
