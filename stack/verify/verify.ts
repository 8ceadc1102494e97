// ./loop verify: reads every topic from its start, recomputes in memory, compares with what the live processes, MySQL and S3 say.
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { erasOf } from '../../consumers/monitor/eras.ts';
import { always, bookOf } from '../../consumers/monitor/rules.ts';
import { createReadObject, sha256 } from '../../consumers/objects.ts';
import { mysqlOptions } from '../../producers/connections.ts';
import { CANCEL, DECISIONS, type RetrainRequested } from '../../schemas/events.ts';
import { messageOf } from '../../schemas/failure.ts';
import { openContext, type Context } from '../context.ts';
import { urlOf } from '../processes.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { checkFacts, compareMaps, renderChecks, type Check } from './compare.ts';
import { readLogs } from './logs.ts';
import { cellLines, liveLines, pairChecks, refold, snapshotLines, type LiveCells } from './pairs.ts';
import { oracle } from './oracle.ts';

const getJson = async <T>(url: string, headers: Record<string, string> = {}): Promise<T | undefined> =>
  fetch(url, { headers, signal: AbortSignal.timeout(5000) }).then((answer) => (answer.ok ? (answer.json() as Promise<T>) : undefined), () => undefined);

type Serving = { readonly model_version?: string; readonly weights_sha256?: string; /** why it is not ready */ readonly detail?: string };
const READY_TRIES = 10;
/** What inference serves. One that waits for its broker is not ready for a moment, and serves all the same. */
async function servingOf(url: string, mostTries: number): Promise<Serving> {
  let seen: Serving = { detail: 'it does not answer' };
  for (let tries = 1; tries <= mostTries; tries += 1) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch(() => undefined);
    seen = ((await answer?.json().catch(() => undefined)) as Serving | undefined) ?? seen;
    if (answer?.ok === true) return seen;
    await pause(1500);
  }
  return seen;
}

export async function verifyOnce(context: Context): Promise<{ checks: Check[]; fingerprint: string }> {
  const { settings } = context;
  const logs = await readLogs(settings);
  const expected = oracle(logs.predictions, logs.feedback, { horizonMs: settings.horizonMs, earlyHorizonMs: settings.earlyHorizonMs, ranks: settings.sourceRanks });
  const checks: Check[] = [];

  checks.push(...pairChecks(expected, logs));
  checks.push(compareMaps('tallies: cells of the snapshot', cellLines(expected.cells), snapshotLines(logs.tallies.values())));
  const live = await getJson<{ models: LiveCells[] }>(`${urlOf(settings, 'monitor')}/live`);
  checks.push(live === undefined ? checkFacts('live: cells of the monitor', [[false, `the monitor does not answer at ${urlOf(settings, 'monitor')}/live; is it up?`]]) : compareMaps('live: cells of the monitor', cellLines(expected.cells), liveLines(live.models)));

  // Replaying the log through the fold must order the same retrainings, byte for byte, each label judged by the settings of its time.
  const replayed = refold(logs.labelled, (partition) => {
    const eras = erasOf(logs.tallies.values(), partition);
    return eras.length > 0 ? eras : always(bookOf(settings));
  });
  const drift = logs.requests.filter((request) => request.cause === 'drift');
  const brief = (request: RetrainRequested): [string, string] => [request.retrain_id, JSON.stringify(request)];
  checks.push(compareMaps('retrain requests: replay repeats them', new Map(replayed.map(brief)), new Map(drift.map((request) => brief({ ...request })))));

  const db = await mysql.createConnection({ ...mysqlOptions(settings), supportBigNumbers: true });
  const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT * FROM auto_training');
  await db.end();
  const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
  checks.push(compareMaps('auto_training: one row per request', new Map(logs.requests.filter(({ cause }) => ![CANCEL, ...DECISIONS].some((one) => one === cause)).map((request) => [request.retrain_id, request.cause])), new Map(rows.map((row) => [text(row['retrain_id']), text(row['cause'])]))));
  checks.push(checkFacts('auto_training: every row has ended', rows.map((row) => [row['status'] === 'FINISHED' || row['status'] === 'FAILED' || row['approval'] === 'awaiting', `${text(row['retrain_id'])} is ${text(row['status'])}`] as const)));

  const promoted = rows.filter((row) => row['promotion_seq'] !== null).sort((a, b) => Number(a['promotion_seq']) - Number(b['promotion_seq']));
  const announced = (one: { version: string; weights: string; manifest: string; run: string }): string => [one.version, one.weights, one.manifest, one.run].join(' ');
  checks.push(compareMaps('models: one event per promoted row', new Map(promoted.map((row) => [`seq ${text(row['promotion_seq'])}`, announced({ version: text(row['model_version']), weights: text(row['weights_sha256']), manifest: text(row['manifest_s3']), run: text(row['id']) })])), new Map(logs.models.map((event) => [`seq ${event.promotion_seq}`, announced({ version: event.model_version, weights: event.weights_sha256, manifest: event.manifest_uri, run: event.run_id })]))));
  checks.push(checkFacts('models: no promotion twice, no gap', [[new Set(logs.models.map((event) => event.promotion_seq)).size === logs.models.length, 'a promotion_seq was announced twice'], [promoted.every((row, i) => Number(row['promotion_seq']) === i + 1), `promotion_seq are ${promoted.map((row) => text(row['promotion_seq'])).join(', ')}`]]));
  const read = createReadObject(settings);
  // What garbage collection has removed is marked in its row.
  const stored = promoted.filter((row) => row['collected_at'] === null);
  const sums = await Promise.all(stored.map(async (row): Promise<[string, string]> => {
    const uri = text(row['weights_s3']);
    return read(uri).then((bytes) => [uri, sha256(bytes)], (error: unknown) => [uri, messageOf(error)]);
  }));
  checks.push(compareMaps('S3: SHA-256 of promoted weights', new Map(stored.map((row) => [text(row['weights_s3']), text(row['weights_sha256'])])), new Map(sums)));
  const last = promoted.at(-1);
  const serving = await servingOf(`${urlOf(settings, 'inference')}/health/ready`, last === undefined ? 1 : READY_TRIES);
  checks.push(checkFacts('inference: serves what was promoted last', [[serving.model_version === (last === undefined ? undefined : text(last['model_version'])) && serving.weights_sha256 === (last === undefined ? undefined : text(last['weights_sha256'])), `serves ${serving.model_version ?? `nothing (${serving.detail ?? 'it says no version'})`}, promoted last is ${text(last?.['model_version'])}`]]));
  return { checks, fingerprint: `${logs.ends} ${JSON.stringify(rows.map((row) => [row['id'], row['status']]))} ${JSON.stringify(live)}` };
}

const MAX_TRIES = 60;
/** Verifies until all agrees, or until nothing moves any more and something still differs. */
export async function verify(context: Context, say: (line: string) => void): Promise<Check[]> {
  let before = '';
  for (let tries = 1; ; tries += 1) {
    const { checks, fingerprint } = await verifyOnce(context);
    const good = checks.every((check) => check.differences.length === 0);
    if (good || fingerprint === before || tries === MAX_TRIES) return checks;
    if (tries === 1) say('something is still moving; looking again until it rests ...');
    before = fingerprint;
    await pause(1500);
  }
}

export async function runVerify(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { json: { type: 'boolean' } });
  noWords(words);
  const checks = await verify(openContext(process.env, { create: false }), (line) => console.error(line));
  const differences = checks.reduce((sum, check) => sum + check.differences.length, 0);
  if (values.json) console.log(JSON.stringify({ differences, checks }, null, 2));
  else for (const text of renderChecks(checks)) console.log(text);
  return differences === 0 ? 0 : 1;
}
