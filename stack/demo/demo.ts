// ./loop demo: sets up what is missing, runs the whole story and shows it; ends with a summary and verify.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import { syntheticWorld, worldFromRows, type World } from '../../producers/drift.ts';
import { createKafka } from '../../producers/kafka.ts';
import { DEMO_HABITS } from '../../producers/people.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { simulate, type Simulation } from '../../producers/simulate.ts';
import { mysqlOptions, openRegistry } from '../../producers/connections.ts';
import { readCsv, writeTrainingCsv } from '../../schemas/csv.ts';
import { fatal } from '../../schemas/failure.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { openContext, type Context, type Env } from '../context.ts';
import { onInterrupt } from '../interrupt.ts';
import { pathsOf } from '../paths.ts';
import { urlOf } from '../processes.ts';
import { bold, dim, green, red, UsageError } from '../say.ts';
import { renderChecks, type Check } from '../verify/compare.ts';
import { verify } from '../verify/verify.ts';
import { withExtras } from '../verbs/extras.ts';
import { runDown, runUp } from '../verbs/up.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { DEMO_SETTINGS } from './settings.ts';
import { observe, type Observed } from './observe.ts';
import { clock, figure, plainLine, render, type Picture } from './picture.ts';
import { freshShareAt, nextAlert, nextPhase, type Alert, type Phase, type StoryRules } from './story.ts';

const HOME = '.loop-demo';
const PORT_BASE = '18000';
const PRODUCTS_PER_SECOND = 80;
const LOOK_EVERY_MS = 500;
const STORY_DEADLINE_MS = 480_000;
const PLAIN_EVERY_MS = 3000;
/** Prometheus looks every two seconds, and evaluates as often: an alert is over so long after the fact at the latest. */
const ALERT_PATIENCE_MS = 10_000;

export type Print = { line(text: string): void; picture(picture: Picture, alarmAt: number): void; object(value: object): void };

function printer(json: boolean): Print {
  const terminal = process.stdout.isTTY && !json;
  let drawn = 0;
  let lastPlain = Number.NEGATIVE_INFINITY;
  return {
    line(text) {
      if (json) console.log(JSON.stringify({ type: 'log', text }));
      else console.log(text);
      drawn = 0;
    },
    object(value) {
      if (json) console.log(JSON.stringify(value));
    },
    picture(picture, alarmAt) {
      if (json) console.log(JSON.stringify({ type: 'picture', ...picture, trail: undefined }));
      else if (terminal) {
        const lines = render(picture, alarmAt);
        process.stdout.write(`${drawn > 0 ? `\u001b[${drawn}A` : ''}${lines.map((text) => `\u001b[2K${text}\n`).join('')}`);
        drawn = lines.length;
      } else if (picture.elapsedMs - lastPlain >= PLAIN_EVERY_MS || picture.phase === 'recovered') {
        lastPlain = picture.elapsedMs;
        console.log(plainLine(picture));
      }
    },
  };
}

function worldOf(dataset: string | undefined, seed: number, categories: readonly string[]): World {
  if (dataset === undefined) return syntheticWorld(seed);
  if (!existsSync(dataset)) throw fatal('no_file', `--dataset: there is no file ${dataset}`);
  const { rows } = readCsv(readFileSync(dataset), 'Category', categories);
  return worldFromRows(rows.map(({ product_description, category }) => ({ product_description, category })), seed);
}

/** The demo owns its folder and begins with an empty one; a folder the person names must be empty. */
async function cleanHome(env: Env, print: Print): Promise<void> {
  const settings = readSettings(env, readSecretFile);
  const { home, secrets } = pathsOf(settings.homeDir, settings.cacheDir, env['XDG_CACHE_HOME']);
  if (!existsSync(secrets)) return;
  if (settings.homeDir !== HOME) throw fatal('home_in_use', `LOOP_HOME=${settings.homeDir} holds a stack already; the demo needs an empty data folder. Unset LOOP_HOME (then ${HOME} is used), or ./loop reset first`);
  print.line(dim(`clearing the last demo in ${home}`));
  await runDown(openContext(env, { create: false }), () => undefined);
  rmSync(home, { recursive: true, force: true });
}

export async function tellStory(context: Context, world: World, seed: number, print: Print, interrupted: () => boolean, rules: StoryRules): Promise<{ phase: Phase; alert: Alert; sim: Simulation; trail: (number | null)[]; close: () => Promise<void> }> {
  const { settings, secrets } = context;
  const registry = openRegistry(settings);
  const publisher = await createPublisher({ kafka: createKafka(settings, 'people'), registry, settings });
  const sim = simulate({ world, seed, perSecond: PRODUCTS_PER_SECOND, habits: { ...DEMO_HABITS, auditRate: settings.auditRate }, categories: settings.categories, modelName: settings.modelName, publisher, inferenceUrl: urlOf(settings, 'inference'), tokens: secrets.tokens, nowMs: Date.now });
  const close = async (): Promise<void> => {
    sim.stop();
    await publisher.close();
  };
  const began = performance.now();
  const trail: (number | null)[] = [];
  let phase: Phase = { name: 'healthy' };
  let alert: Alert = { status: 'silent' };
  const goesOn = (): boolean => (phase.name === 'recovered' ? alert.status === 'firing' && performance.now() - began < phase.sinceMs + ALERT_PATIENCE_MS : phase.name !== 'failed');
  let before = { at: began, events: 0 };
  try {
    while (goesOn()) {
      if (interrupted()) throw fatal('aborted', 'interrupted');
      const seen: Observed = await observe(context);
      const elapsedMs = performance.now() - began;
      const row = seen.rows.find((one) => one.cause === 'drift');
      const { live } = seen;
      phase = nextPhase(phase, {
        elapsedMs, servingVersion: seen.servingVersion, live: live === undefined ? undefined : { version: live.model_version, status: live.status, labels: live.labels, f1: live.weighted_f1, fedLabels: live.evidence.labels_since_last_alarm },
        drift: row === undefined ? undefined : { status: row.status, outcome: row.outcome, reason: row.outcome_reason, newVersion: row.model_version },
      }, rules);
      alert = nextAlert(alert, seen.alertFires, elapsedMs);
      const share = freshShareAt(phase, elapsedMs, rules);
      sim.setFreshShare(share);
      const counts = sim.counts();
      const now = { at: performance.now(), events: counts.products + counts.feedback };
      trail.push(live?.weighted_f1 ?? null);
      print.picture({
        elapsedMs, phase: phase.name, servingVersion: seen.servingVersion, liveVersion: live?.model_version, f1: live?.weighted_f1 ?? null, band: live?.band ?? null, labels: live?.labels ?? 0, minF1: settings.minF1,
        worst: live?.worst == null ? null : { category: live.worst.category, f1: live.worst.f1 ?? null, support: live.worst.support }, evidenceRatio: live?.evidence.ratio ?? 0, waiting: seen.waiting,
        perSecond: ((now.events - before.events) * 1000) / Math.max(1, now.at - before.at), freshShare: share, stage: seen.stage, failed: counts.failed, trail,
      }, settings.falseAlarmEvery);
      if (now.at - before.at > 2000) before = now;
      await pause(LOOK_EVERY_MS);
    }
    return { phase, alert, sim, trail, close };
  } catch (error) {
    await close();
    throw error;
  }
}

type RowView = Readonly<Record<string, unknown>>;
async function rowsOf(context: Context): Promise<RowView[]> {
  const db = await mysql.createConnection(mysqlOptions(context.settings));
  const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT retrain_id, cause, status, outcome, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, live_f1, threshold, duration_ms, evidence, outcome_reason FROM auto_training ORDER BY claimed_at');
  await db.end();
  return rows;
}
async function prometheusF1(context: Context, version: string): Promise<number | undefined> {
  const query = `loop_live_f1{average="weighted",model_version="${version}"}`;
  const answer = await fetch(`${context.settings.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`).then((one) => one.json() as Promise<{ data?: { result?: { value?: [number, string] }[] } }>, () => undefined);
  const value = answer?.data?.result?.[0]?.value?.[1];
  return value === undefined ? undefined : Number(value);
}
const text = (value: unknown): string => (typeof value === 'number' ? (Number.isInteger(value) ? String(value) : value.toFixed(4)) : typeof value === 'string' ? value : '-');

const alertLine = (alert: Alert): string => (alert.status === 'silent' ? red('Alertmanager was told of no fall') : `Alertmanager heard of the fall at ${clock(alert.heardMs)}${alert.status === 'over' ? ` and of its end at ${clock(alert.overMs)}` : red(' and of no end')} (LiveF1Fallen)`);

function summary(phase: Phase, alert: Alert, rows: readonly RowView[], checks: readonly Check[], sim: Simulation, extra: { seconds: number; setUpSeconds: number; prometheus: number | undefined; home: string; keep: boolean }): { lines: string[]; object: object; good: boolean } {
  const counts = sim.counts();
  const drift = rows.filter((row) => row['cause'] === 'drift');
  const promoted = drift.filter((row) => row['outcome'] === 'promoted');
  const differences = checks.reduce((sum, check) => sum + check.differences.length, 0);
  const evidence = JSON.parse(text(drift[0]?.['evidence']) === '-' ? '{}' : text(drift[0]?.['evidence'])) as { labels_since_last_alarm?: number };
  const noticed = phase.name === 'recovered' && evidence.labels_since_last_alarm !== undefined ? evidence.labels_since_last_alarm - phase.fedBefore : undefined;
  const good = phase.name === 'recovered' && promoted.length === 1 && differences === 0 && counts.failed === 0;
  const lines = [
    '',
    bold('auto_training'),
    ...rows.map((row) => `  ${text(row['retrain_id']).padEnd(36)} ${text(row['status']).padEnd(9)} ${text(row['outcome']).padEnd(9)} ${text(row['champion_version'])} → ${text(row['model_version'])}  F1 ${text(row['f1'])} (champion ${text(row['champion_f1'])}, live ${text(row['live_f1'])})  ${text(row['duration_ms'])} ms\n${dim(`    ${text(row['outcome_reason'])}`)}`),
    '',
    bold('what happened'),
    ...(phase.name === 'recovered'
      ? [
          `  live F1    ${figure(phase.f1Before)} before the drift, ${text(drift[0]?.['live_f1'])} when the alarm came, ${figure(phase.f1After)} with ${phase.newVersion}${extra.prometheus === undefined ? '' : ` (Prometheus says ${extra.prometheus.toFixed(3)})`}`,
          `  noticed    after ${noticed ?? '?'} labels of the drifting stream`,
          `  alert      ${alertLine(alert)}`,
        ]
      : [red(`  ${phase.name === 'failed' ? phase.reason : phase.name}`)]),
    `  requests   ${counts.products} products (${counts.byHttp} by HTTP, ${counts.byTopic} by Kafka), ${counts.feedback} feedback, ${counts.failed} failed; HTTP answers by version: ${Object.entries(counts.answered).map(([version, n]) => `${version} ${n}`).join(', ')}`,
    ...counts.failures.map((failure) => red(`             ${failure}`)),
    `  time       ${extra.setUpSeconds.toFixed(0)} s until a model served, ${extra.seconds.toFixed(0)} s of story`,
    '',
    bold('verify'),
    ...renderChecks(checks).map((line) => `  ${line}`),
    '',
    good ? green(bold('The loop closed: one drift, one retraining, one better model, nothing lost.')) : red(bold('The loop did not close as it should; see above.')),
  ];
  return { lines, good, object: { type: 'summary', good, phase, alert, rows, differences, checks, counts, labels_to_notice: noticed ?? null, set_up_seconds: extra.setUpSeconds, story_seconds: extra.seconds, prometheus_f1: extra.prometheus ?? null, data_folder: extra.home, running: extra.keep } };
}

export async function runDemo(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { json: { type: 'boolean' }, seed: { type: 'string', default: '42' }, keep: { type: 'boolean' }, dataset: { type: 'string' }, with: { type: 'string', multiple: true } });
  noWords(words);
  const seed = Number(values.seed);
  if (!Number.isInteger(seed) || seed < 0 || seed > 4_294_967_295) throw new UsageError(`--seed must be a whole number from 0 to 4294967295, is '${values.seed}'`);
  const print = printer(values.json ?? false);
  const env = withExtras({ LOOP_HOME: HOME, LOOP_PORT_BASE: PORT_BASE, SEED: String(seed), ...DEMO_SETTINGS, ...process.env }, values.with);
  const began = performance.now();
  let interrupted = false;
  const interrupt = (): void => void (interrupted = true);
  const listenNoMore = onInterrupt(interrupt);

  const world = worldOf(values.dataset, seed, readSettings(env, readSecretFile).categories);
  print.line(bold(`The loop, from a first model to drift and back${values.dataset === undefined ? ' (synthetic catalogue)' : ` (${values.dataset})`}`));
  print.line(dim(`  ${world.base.length} base rows; ${world.familiar.length} familiar products to stream; ${world.fresh.length} of ${world.families.length} new families; settings ${Object.keys(DEMO_SETTINGS).map((name) => `${name}=${env[name]}`).join(' ')}`));
  await cleanHome(env, print);
  const context = await runUp({ env, corpus: writeTrainingCsv(world.base), say: (line) => print.line(line) });
  const setUpSeconds = (performance.now() - began) / 1000;
  let code = 1;
  try {
    const rules: StoryRules = { minF1: context.settings.minF1, healthyLabels: 350, recoveredLabels: 350, rampMs: 20_000, maxFreshShare: 0.6, deadlineMs: STORY_DEADLINE_MS };
    print.line('');
    const storyBegan = performance.now();
    const { phase, alert, sim, close } = await tellStory(context, world, seed, print, () => interrupted, rules);
    const seconds = (performance.now() - storyBegan) / 1000;
    const prometheus = phase.name === 'recovered' ? await prometheusF1(context, phase.newVersion) : undefined;
    print.line(dim('the stream ends; the last people speak; then verify recomputes everything from the log ...'));
    await sim.finish();
    await close();
    const checks = await verify(context, (line) => print.line(dim(line)));
    const told = summary(phase, alert, await rowsOf(context), checks, sim, { seconds, setUpSeconds, prometheus, home: context.paths.home, keep: values.keep ?? false });
    if (values.json) print.object(told.object);
    else for (const line of told.lines) print.line(line);
    code = told.good ? 0 : 1;
  } catch (error) {
    if (!interrupted) throw error;
    print.line('interrupted: stopping everything ...');
    code = 130;
  } finally {
    if (values.keep && !interrupted) {
      const home = context.settings.homeDir;
      print.line(`Still running. Look on with: LOOP_HOME=${home} ./loop live | status | logs trainer | verify | down;  Prometheus ${context.settings.prometheusUrl};  Alertmanager ${context.settings.alertmanagerUrl}${context.settings.mlflowUri === '' ? '' : `;  MLflow ${context.settings.mlflowUri}`}`);
    } else {
      await runDown(context, () => undefined);
      print.line(dim(`stopped; data and logs are in ${context.paths.home}. Next: ./loop up, ./loop predict "...", ./loop live (README.md)`));
    }
    listenNoMore();
  }
  return code;
}
