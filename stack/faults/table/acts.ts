// How what the processes stand on is broken and mended again. Each act makes its fault, waits for what is expected to be seen, and undoes it; run.ts judges what was lost or doubled.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { stateDirOf } from '../../../consumers/join/worker.ts';
import { mysqlOptions, openRegistry, s3Options } from '../../../producers/connections.ts';
import { withAdmin } from '../../../producers/withAdmin.ts';
import { fetchRegistry } from '../../fetch.ts';
import { stopPart } from '../../pids.ts';
import { registerSchemas } from '../../prepare.ts';
import { registryService } from '../../services/registry.ts';
import { answersHttp, restartService, startService } from '../../services/service.ts';
import { until } from '../../testing.ts';
import type { Place } from './place.ts';
import { VICTIMS, type Act, type Victim } from './rows.ts';
import type { Damage } from './wrongBytes.ts';

const DAY_MS = 86_400_000;
const WAIT_MS = 180_000;
const JUMPED_MS = 4000;
const STOP_MS = 20_000;

const mount = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
};
/** Root on Linux may make small file systems. */
export const canMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
const logs = (place: Place, name: Victim, from: number, text: string): Promise<true> => until(`'${text}' in the log of ${name}`, () => (place.logged(name, from).includes(text) ? true : undefined), WAIT_MS);
/** A file system of this size in the place of the join's state folder; one that stands there already keeps what it holds. */
function smallDisk(place: Place, size: string): string {
  const dir = dirname(stateDirOf(place.context.settings, 0));
  mkdirSync(dir, { recursive: true });
  if (readFileSync('/proc/mounts', 'utf8').includes(` ${dir} `)) mount('-o', `remount,size=${size}`, dir);
  else mount('-t', 'tmpfs', '-o', `size=${size}`, 'none', dir);
  return dir;
}
export const unmountDisk = ({ context: { settings } }: Place): void => void spawnSync('umount', ['-l', dirname(stateDirOf(settings, 0))]);
/** between: done when it has ended and before it is started again. */
async function kill9(place: Place, name: Victim, between: () => void = () => undefined): Promise<void> {
  const pid = await until(`${name} runs`, () => place.pid(name), WAIT_MS);
  process.kill(pid, 'SIGKILL');
  await until(`the end of ${name}`, () => (place.pid(name) === pid ? undefined : true), WAIT_MS);
  between();
  await until(`${name} is started again`, () => (place.pid(name) !== undefined && place.pid(name) !== pid ? true : undefined), WAIT_MS);
}
const ready = (place: Place, of: readonly Victim[] = VICTIMS): Promise<true> => until(`${of.join(', ')} ready`, async () => {
  const all = await Promise.all(of.map((name) => answersHttp(`${place.urlOf(name)}/health/ready`)));
  return all.every((one) => one) ? true : undefined;
}, WAIT_MS);
type Job = Readonly<Record<string, unknown>>;
const call = async (place: Place, path: string, body?: object): Promise<Job> => {
  const answer = await fetch(`${place.urlOf('inference')}${path}`, { ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }), headers: { authorization: `Bearer ${place.context.secrets.tokens.admin}`, 'content-type': 'application/json' } });
  const told = (await answer.json()) as Job;
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
};
const ended = (place: Place, id: unknown): Promise<Job> => until(`the end of ${String(id)}`, async () => {
  const job = await call(place, `/v1/jobs/${encodeURIComponent(String(id))}`).catch(() => undefined);
  return job?.['status'] === 'FINISHED' || job?.['status'] === 'FAILED' ? job : undefined;
}, WAIT_MS);
function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** Inference starts while the model it is to load comes damaged. */
async function badModel(place: Place, how: Damage['how']): Promise<string> {
  place.s3Bytes.set({ how, hits: (path) => path.startsWith('/models/') && path.includes('weights.bin') });
  const from = place.logged('inference').length;
  await kill9(place, 'inference');
  await logs(place, 'inference', from, 'weights.bin came damaged');
  const { status } = await fetch(`${place.urlOf('inference')}/health/ready`);
  expect(status === 503, `ready answered ${status} while no model could be loaded`);
  place.s3Bytes.set(undefined);
  await ready(place, ['inference']);
  return 'named, 503 meanwhile; serves again';
}

/** Each resolves with what was seen, and throws when that is not what is expected. */
export const DO: Readonly<Record<Act, (place: Place) => Promise<string>>> = {
  async 'disk full'(place) {
    const dir = smallDisk(place, '16k');
    const from = place.logged('join').length;
    await kill9(place, 'join');
    await logs(place, 'join', from, 'the state cannot be saved');
    mount('-o', 'remount,size=64m', dir);
    await logs(place, 'join', from, 'the state is saved again');
    return 'ENOSPC named with its folder; saved again';
  },
  async 'disk read-only'(place) {
    const dir = smallDisk(place, '64m');
    const from = place.logged('join').length;
    // Not while it has files open there.
    await kill9(place, 'join', () => mount('-o', 'remount,ro', dir));
    await logs(place, 'join', from, 'make room, or make the folder writable');
    mount('-o', 'remount,rw', dir);
    await logs(place, 'join', place.logged('join').length, 'partition is live');
    return 'EROFS named with its folder; live again';
  },
  async 'clocks jump'(place) {
    const ids = Array.from({ length: 40 }, (_, i) => `clock-${i}`);
    const { settings } = place.context;
    // Labels that are held for predictions to come: a day ahead they would all be orphans.
    await place.publisher.send(ids.map((id) => ({ topic: 'feedback', key: id, value: { prediction_id: id, feedback_id: `${id}.1`, model_name: settings.modelName, category: settings.categories[0] ?? null, source: 'people', given_at: 0 } })));
    for (const offset of [DAY_MS, 0, -DAY_MS, 0]) {
      for (const name of VICTIMS) place.clock(name, offset);
      await pause(JUMPED_MS);
    }
    await call(place, '/v1/predict', { items: ids.map((id) => ({ prediction_id: id, product_description: `held ${id}` })) });
    const job = await ended(place, (await call(place, '/v1/retrain', { force: true }))['db_record_id']);
    expect(job['outcome'] === 'promoted', `a retraining ended ${String(job['outcome'])}`);
    return '40 held labels found their predictions; a retraining was promoted';
  },
  async 'registry empty'(place) {
    const { context } = place;
    await stopPart(context.paths.run, 'registry', STOP_MS);
    const journal = await withAdmin(context.settings, 'faults', async (admin) => {
      const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('kafkasql'));
      await admin.deleteTopics({ topics });
      return topics;
    });
    await startService(context.paths, registryService(context, await fetchRegistry(context.paths.cache, () => undefined)), WAIT_MS, () => false);
    const from = place.logged('join').length;
    await kill9(place, 'join');
    await logs(place, 'join', from, 'run ./loop up, which registers it');
    await registerSchemas(context, openRegistry(context.settings));
    await logs(place, 'join', place.logged('join').length, 'partition is live');
    return `${journal.join(', ')} deleted; the join named ./loop up, and was live after it`;
  },
  async 'broker restarted'(place) {
    const { context: { paths }, kafka } = place;
    const { db_record_id: id } = await call(place, '/v1/retrain', { force: true });
    for (const crash of [false, true]) {
      await restartService(paths, kafka, { crash, stopMs: STOP_MS, startMs: WAIT_MS });
      await ready(place);
    }
    const job = await ended(place, id);
    expect(job['outcome'] === 'promoted', `the retraining ended ${String(job['outcome'])}: ${String(job['outcome_reason'])}`);
    return 'everybody ready after each; the retraining was promoted';
  },
  async 'connections killed'(place) {
    const { settings } = place.context;
    await new Minio(s3Options(settings)).putObject('dataset', 'predict/killed.csv', Buffer.from(`product_description\n${Array.from({ length: 3000 }, (_, i) => `Oat Milk ${i}`).join('\n')}\n`));
    const db = await mysql.createConnection(mysqlOptions(settings));
    let killed = 0;
    let over = false;
    const killing = (async () => {
      while (!over) {
        const [rows] = await db.query<mysql.RowDataPacket[]>('SELECT id FROM information_schema.processlist WHERE id <> CONNECTION_ID()');
        for (const row of rows) await db.query(`KILL CONNECTION ${Number(row['id'])}`).then(() => (killed += 1), () => undefined);
        await pause(100);
      }
    })();
    const training = await until('the order is taken', () => call(place, '/v1/retrain', { force: true }).catch(() => undefined), WAIT_MS);
    const batch = await until('the batch job is taken', () => call(place, '/v1/predict/csv', { input_file_s3: 's3://dataset/predict/killed.csv' }).catch(() => undefined), WAIT_MS);
    await pause(10_000);
    over = true;
    await killing;
    await db.end();
    const job = await ended(place, batch['job_id']);
    expect(job['status'] === 'FINISHED', `the batch job ended ${JSON.stringify(job)}`);
    const trained = await ended(place, training['db_record_id']);
    expect(trained['status'] === 'FINISHED', `the training ended ${JSON.stringify(trained)}`);
    return `${killed} connections killed; the training and the batch job ended`;
  },
  async 'wrong corpus'(place) {
    place.s3Bytes.set({ how: 'flip', hits: (path) => path.includes('Training_Data.csv') });
    const from = place.logged('trainer').length;
    const { db_record_id: id } = await call(place, '/v1/retrain', { force: true });
    await logs(place, 'trainer', from, 'Training_Data.csv came damaged');
    place.s3Bytes.set(undefined);
    const job = await ended(place, id);
    expect(job['outcome'] === 'promoted', `the training ended ${String(job['outcome'])}: ${String(job['outcome_reason'])}`);
    return 'named; promoted when they were right again';
  },
  'wrong model': (place) => badModel(place, 'flip'),
  'short model': (place) => badModel(place, 'shorten'),
};
