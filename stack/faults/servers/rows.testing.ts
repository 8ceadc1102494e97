// Rows of the fault table about what the processes stand on: disks, clocks, schemas, connections of the database, bytes. Each makes its fault under load, waits for what is expected to be
// seen, undoes it, and leaves the judging of what was lost or doubled to verify.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { stateDirOf } from '../../../consumers/join/worker.ts';
import { mysqlOptions, openRegistry, s3Options } from '../../../producers/connections.ts';
import { createKafka } from '../../../producers/kafka.ts';
import { fetchRegistry } from '../../fetch.ts';
import { stopPart } from '../../pids.ts';
import { registerSchemas } from '../../prepare.ts';
import { PROCESSES, urlOf, type ProcessName } from '../../processes.ts';
import { registryService } from '../../services/registry.ts';
import { startService } from '../../services/service.ts';
import { until } from '../../testing.ts';
import type { World } from './world.testing.ts';

/** run resolves with what was seen; it throws when that is not what is expected. kills: processes it kills itself. */
export type ServerRow = { readonly part: string; readonly fault: string; readonly expected: string; readonly kills: number; readonly run: (world: World) => Promise<string> };
const DAY_MS = 86_400_000;
const WAIT_MS = 180_000;
const JUMPED_MS = 4000;

const mount = (...args: readonly string[]): void => {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`);
};
/** Root on Linux may make small file systems. */
export const canMount = (): boolean => process.platform === 'linux' && process.getuid?.() === 0 && spawnSync('mount', ['--version']).status === 0;
const stateOf = ({ context: { settings } }: World): string => dirname(stateDirOf(settings, 0));
const logs = (world: World, name: ProcessName, from: number, text: string): Promise<true> => until(`'${text}' in the log of ${name}`, () => (world.logged(name, from).includes(text) ? true : undefined), WAIT_MS);
async function kill9(world: World, name: ProcessName): Promise<void> {
  const pid = await until(`${name} runs`, () => world.pid(name), WAIT_MS);
  process.kill(pid, 'SIGKILL');
  await until(`${name} is started again`, () => (world.pid(name) !== undefined && world.pid(name) !== pid ? true : undefined), WAIT_MS);
}
type Job = Readonly<Record<string, unknown>>;
const call = async ({ context: { settings, secrets } }: World, path: string, body?: object): Promise<Job> => {
  const answer = await fetch(`${urlOf(settings, 'inference')}${path}`, { ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }), headers: { authorization: `Bearer ${secrets.tokens.admin}`, 'content-type': 'application/json' } });
  const told = (await answer.json()) as Job;
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
};
const ended = (world: World, id: unknown): Promise<Job> => until(`the end of ${String(id)}`, async () => {
  const job = await call(world, `/v1/jobs/${encodeURIComponent(String(id))}`).catch(() => undefined);
  return job?.['status'] === 'FINISHED' || job?.['status'] === 'FAILED' ? job : undefined;
}, WAIT_MS);
function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

export const DISK_ROWS: readonly ServerRow[] = [
  {
    part: 'join, state folder', fault: 'disk full', expected: 'goes on in memory, says so once, saves again when there is room', kills: 1,
    async run(world) {
      const dir = stateOf(world);
      mkdirSync(dir, { recursive: true });
      mount('-t', 'tmpfs', '-o', 'size=16k', 'none', dir);
      const from = world.logged('join').length;
      await kill9(world, 'join');
      await logs(world, 'join', from, 'the state cannot be saved');
      mount('-o', 'remount,size=64m', dir);
      await logs(world, 'join', from, 'the state is saved again');
      return 'ENOSPC named with its folder; saved again';
    },
  },
  {
    part: 'join, state folder', fault: 'read-only, and the join killed', expected: 'holds, names the folder and the way out; goes on when it can be written', kills: 1,
    async run(world) {
      const dir = stateOf(world);
      mount('-o', 'remount,ro', dir);
      const from = world.logged('join').length;
      await kill9(world, 'join');
      await logs(world, 'join', from, 'make room, or make the folder writable');
      mount('-o', 'remount,rw', dir);
      await logs(world, 'join', world.logged('join').length, 'partition is live');
      return 'EROFS named with its folder; live again';
    },
  },
];

export const SERVER_ROWS: readonly ServerRow[] = [
  {
    part: 'all processes', fault: 'clock 1 day ahead, right, 1 day behind, right', expected: 'nothing expires early, nobody is shut out', kills: 0,
    async run(world) {
      const ids = Array.from({ length: 40 }, (_, i) => `clock-${world.starts()}-${i}`);
      const { settings } = world.context;
      // Labels that are held for predictions to come: a day ahead they would all be orphans.
      await world.publisher.send(ids.map((id) => ({ topic: 'feedback', key: id, value: { prediction_id: id, feedback_id: `${id}.1`, model_name: settings.modelName, category: settings.categories[0] ?? null, source: 'people', given_at: 0 } })));
      for (const offset of [DAY_MS, 0, -DAY_MS, 0]) {
        for (const name of PROCESSES) world.clock(name, offset);
        await pause(JUMPED_MS);
      }
      await call(world, '/v1/predict', { items: ids.map((id) => ({ prediction_id: id, product_description: `held ${id}` })) });
      const job = await ended(world, (await call(world, '/v1/retrain', { force: true }))['db_record_id']);
      expect(job['outcome'] === 'promoted', `a retraining ended ${String(job['outcome'])}`);
      return '40 held labels found their predictions; a retraining was promoted';
    },
  },
  {
    part: 'registry', fault: 'comes back empty', expected: 'who runs goes on; who starts says what to do, and goes on after ./loop up has registered', kills: 1,
    async run(world) {
      const { context } = world;
      await stopPart(context.paths.run, 'registry', 20_000);
      const admin = createKafka(context.settings, 'faults').admin();
      await admin.connect();
      const journal = (await admin.listTopics()).filter((topic) => topic.startsWith('kafkasql'));
      await admin.deleteTopics({ topics: journal });
      await admin.disconnect();
      await startService(context.paths, registryService(context, await fetchRegistry(context.paths.cache, () => undefined)), WAIT_MS, () => false);
      const from = world.logged('join').length;
      await kill9(world, 'join');
      await logs(world, 'join', from, 'run ./loop up, which registers it');
      await registerSchemas(context, openRegistry(context.settings));
      await logs(world, 'join', world.logged('join').length, 'partition is live');
      return `${journal.join(', ')} deleted; the join named ./loop up, and was live after it`;
    },
  },
  {
    part: 'mysql', fault: 'every connection killed ten times a second, 10 s', expected: 'claim, promotion and batch job go on where they were, once each', kills: 0,
    async run(world) {
      const { settings } = world.context;
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
      await world.order();
      const batch = await until('the batch job is taken', () => call(world, '/v1/predict/csv', { input_file_s3: 's3://dataset/predict/killed.csv' }).catch(() => undefined), WAIT_MS);
      await pause(10_000);
      over = true;
      await killing;
      await db.end();
      const job = await ended(world, batch['job_id']);
      expect(job['status'] === 'FINISHED', `the batch job ended ${JSON.stringify(job)}`);
      return `${killed} connections killed; the training and the batch job ended`;
    },
  },
  {
    part: 'S3, base corpus', fault: 'wrong bytes', expected: 'the training does not learn from them, names the object, and goes on when they are right', kills: 0,
    async run(world) {
      world.s3.set({ how: 'flip', hits: (path) => path.includes('Training_Data.csv') });
      const from = world.logged('trainer').length;
      const { db_record_id: id } = await call(world, '/v1/retrain', { force: true });
      await logs(world, 'trainer', from, 'Training_Data.csv came damaged');
      world.s3.set(undefined);
      const job = await ended(world, id);
      expect(job['outcome'] === 'promoted', `the training ended ${String(job['outcome'])}: ${String(job['outcome_reason'])}`);
      return `named; promoted after ${String(job['attempts'])} attempts`;
    },
  },
  ...(['flip', 'shorten'] as const).map((how): ServerRow => ({
    part: 'S3, model', fault: how === 'flip' ? 'wrong bytes' : 'truncated', expected: 'never served; named; the right one serves by itself', kills: 1,
    async run(world) {
      const { settings } = world.context;
      world.s3.set({ how, hits: (path) => path.startsWith('/models/') && path.includes('weights.bin') });
      const from = world.logged('inference').length;
      await kill9(world, 'inference');
      await logs(world, 'inference', from, 'weights.bin came damaged');
      const { status } = await fetch(`${urlOf(settings, 'inference')}/health/ready`);
      expect(status === 503, `ready answered ${status} while no model could be loaded`);
      world.s3.set(undefined);
      await until('a model serves', () => fetch(`${urlOf(settings, 'inference')}/health/ready`).then(({ ok }) => (ok ? true : undefined), () => undefined), WAIT_MS);
      return 'named, 503 meanwhile; serves again';
    },
  })),
];
