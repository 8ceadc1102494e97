// Runs cases of the crash table on the real servers: trainers that crash where they are told, others that take over, and an inference that follows.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { sha256 } from '../../consumers/objects.ts';
import { readToEnd } from '../../consumers/readToEnd.ts';
import type { ModelPromoted, RetrainRequested } from '../../schemas/events.ts';
import { writeTrainingCsv } from '../../schemas/csv.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { closeAtEnd, startProcess, until, type Bench } from '../../stack/testing.ts';
import { wrongIn, type Case, type How } from './crashTable.ts';
import type { Row } from './row.ts';
import { own, requestOf, type Own } from '../tiny.testing.ts';

const LEASE_MS = '3000';
const ROWS = 400;
/** A line and the words of it. Ends with the test, whatever state it is in. */
export type Talker = { readonly child: ChildProcess; readonly lines: readonly string[]; /** resolves with 'gone' when it ended instead */ said(line: string, from?: number): Promise<'said' | 'gone'>; readonly gone: Promise<void>; end(signal: NodeJS.Signals): Promise<void> };

export function startTalker(t: TestContext, { logs }: Bench, main: string, env: Readonly<Record<string, string | undefined>>): Talker {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main], { cwd: PROJECT_DIR, env: { ...env } as NodeJS.ProcessEnv, stdio: ['ignore', 'pipe', openSync(join(logs, 'test-crash.log'), 'a')] });
  const lines: string[] = [];
  if (child.stdout === null) throw new Error('no standard output');
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    child.kill('SIGCONT');
    await gone;
  };
  closeAtEnd(t, () => end('SIGKILL'));
  return {
    child, lines, gone, end,
    said: (line, from = 0) => until(`${main} says ${line}`, () => (lines.indexOf(line, from) >= 0 ? 'said' : child.exitCode !== null || child.signalCode !== null ? 'gone' : undefined)),
  };
}

export type CrashRun = { run(one: Case): Promise<string[]>; swap(how: How): Promise<string[]>; rows(): Promise<Row[]> };
/** A model of its own with two promoted versions, and an inference that serves it. */
export async function openCrashRun(t: TestContext, bench: Bench): Promise<CrashRun> {
  const mine: Own = own(t, bench);
  const { model, ledger, artifacts, settings } = mine;
  const corpus = `s3://dataset/train/${model}.csv`;
  await artifacts.write(corpus, writeTrainingCsv(Array.from({ length: ROWS }, (_, i) => {
    const category = settings.categories[i % settings.categories.length] ?? '';
    return { product_description: `${category.toLowerCase().slice(0, 6)} number ${i}`, category };
  })));
  const env = { ...mine.env, LEASE_MS, BASE_CORPUS: corpus, EPOCHS: '1', LOG_LEVEL: 'info' };
  /** By offset: each event as often as it stands there. */
  async function events(): Promise<ModelPromoted[]> {
    const found: ModelPromoted[] = [];
    await readToEnd({
      settings, clientId: 'test-crash', topics: ['models'],
      onRecord: async ({ value }) => {
        const event = value === null ? undefined : await bench.registry.decode('models', value);
        if (event?.model_name === model) found.push(event);
      },
    });
    return found;
  }
  startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: model });
  const servedSeq = (): Promise<number | undefined> => fetch(`http://127.0.0.1:${settings.inferencePort}/health/ready`).then(async (answer) => (answer.ok ? ((await answer.json()) as { promotion_seq: number }).promotion_seq : undefined), () => undefined);
  const rows = async (): Promise<Row[]> => (await ledger.latest(100_000)).filter((row) => row.model_name === model);
  const trainer = (extra: Record<string, string> = {}): Talker => startTalker(t, bench, 'trainer/record/crashing.testing.ts', { ...env, CRASH_GROUP: `trainer-crash-${randomUUID()}`, ...extra });
  let n = 0;
  async function order(cause: 'manual' | 'rollback', force: boolean): Promise<string> {
    const id = `${model}/${cause}/${(n += 1)}`;
    const value: RetrainRequested = requestOf(model, cause, { retrain_id: id, force });
    await bench.publisher.send([{ topic: 'retrain-requests', key: model, value }]);
    return id;
  }
  const ended = (ids: readonly string[]): Promise<Row[]> => until(`the end of ${ids.join(', ')}`, async () => {
    const all = await rows();
    return ids.every((id) => all.some((row) => row.retrain_id === id && (row.status === 'FINISHED' || row.status === 'FAILED'))) ? all : undefined;
  }, 120_000);
  /** The inference follows the events; awaited, for it is not of the same moment. A difference that stays is told by the check. */
  async function settled(all: readonly Row[]): Promise<{ events: readonly ModelPromoted[]; serving: number | undefined }> {
    const promotions = all.filter((row) => row.promotion_seq !== null).length;
    await until('the inference follows', async () => ((await servedSeq()) === promotions ? true : undefined), 30_000).catch(() => undefined);
    return { events: await events(), serving: await servedSeq() };
  }
  async function damaged(all: readonly Row[]): Promise<string[]> {
    const wrong: string[] = [];
    for (const row of all) {
      if (row.weights_s3 !== null && sha256(await artifacts.read(row.weights_s3)) !== row.weights_sha256) wrong.push(`${row.weights_s3} is not what ${row.retrain_id} stored`);
      const report = JSON.parse((await artifacts.read(`s3://models/${model}/runs/${row.id}.json`)).toString()) as { outcome: string };
      if (report.outcome !== row.outcome) wrong.push(`the report of ${row.retrain_id} says ${report.outcome}, the row ${row.outcome ?? 'nothing'}`);
    }
    return wrong;
  }

  const first = trainer();
  for (const id of [await order('manual', true), await order('manual', true)]) await ended([id]);
  await first.end('SIGTERM');

  return {
    rows,
    async run(one) {
      const asked = await order(one.kind === 'rollback' ? 'rollback' : 'manual', one.kind === 'passes');
      // Where the claim itself is cut, the next trainer goes on from the same committed offset; elsewhere it reads every request again.
      const sameGroup = one.step === 'asked' || one.step === 'claimed' ? { CRASH_GROUP: `trainer-crash-${randomUUID()}` } : {};
      const doomed = trainer({ CRASH_AT: one.step, CRASH_ID: asked, CRASH_HOW: one.how, ...sameGroup });
      const trainers = [doomed];
      let meanwhile: string | undefined;
      try {
        await doomed.said(`at ${one.step}`);
        if (one.how === 'kill') await doomed.gone;
        else await until('it is suspended', () => (/^State:\s+T/m.test(readFileSync(`/proc/${doomed.child.pid ?? 0}/status`, 'utf8')) ? true : undefined));
        if (one.meanwhile) meanwhile = await order('rollback', false);
        trainers.push(trainer(sameGroup));
        await ended([asked, ...(meanwhile === undefined ? [] : [meanwhile])]);
        if (one.how === 'stop') {
          // The zombie wakes and goes on where it was; only when it has nothing left in hand is the case over. One that finds itself out of its group ends itself, to be started anew.
          const from = doomed.lines.length;
          doomed.child.kill('SIGCONT');
          await doomed.said(one.step === 'asked' || one.step === 'claimed' ? `handled ${asked}` : `free ${one.kind === 'rollback' ? 'rollback' : 'training'}`, from);
        }
      } finally {
        for (const one of trainers) await one.end('SIGTERM');
      }
      const all = await rows();
      return [...wrongIn(one, { rows: all, asked, meanwhile, ...(await settled(all)) }), ...(await damaged(all))];
    },
    /** The last step: an inference dies or is suspended between loading and swapping, and a rollback comes meanwhile. */
    async swap(how) {
      const before = (await rows()).filter((row) => row.promotion_seq !== null).length;
      const inference = (extra: Record<string, string>): Talker => startTalker(t, bench, 'inference/crashing.testing.ts', { ...env, ...extra });
      const doomed = inference({ CRASH_SEQ: String(before + 1), CRASH_HOW: how });
      await until('it serves', () => (doomed.lines.some((line) => line.endsWith(` ${before}`)) ? true : undefined));
      const worker = trainer();
      await ended([await order('manual', true)]);
      await doomed.said('at swap');
      const back = await ended([await order('rollback', false)]);
      await worker.end('SIGTERM');
      const last = back.filter((row) => row.promotion_seq !== null).sort((a, b) => Number(b.promotion_seq) - Number(a.promotion_seq))[0];
      const want = `serves ${last?.model_version ?? ''} ${before + 2}`;
      if (how === 'stop') doomed.child.kill('SIGCONT');
      const survivor = how === 'stop' ? doomed : inference({});
      await survivor.said(want);
      const wrong = survivor.lines.at(-1) === want ? [] : [`it said ${survivor.lines.join(', ')}`];
      await survivor.end('SIGTERM');
      return [...wrong, ...((await settled(back)).serving === before + 2 ? [] : ['the other inference does not serve the rollback'])];
    },
  };
}
