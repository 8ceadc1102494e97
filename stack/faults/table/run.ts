// Runs rows of the fault table on a place, one after the other, traffic all the while; after each everything must be well again by itself, and the log must say that nothing is lost and nothing doubled.
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { messageOf } from '../../../schemas/failure.ts';
import { scrape, until } from '../../testing.ts';
import { verify } from '../../verify/verify.ts';
import { NO_FAULT, type Fault } from '../fault.ts';
import type { Place } from './place.ts';
import { DO } from './acts.ts';
import { underLoad } from './load.ts';
import { VICTIMS, type AwayRow, type BrokenRow, type Row, type Victim } from './rows.ts';
import { flowSeen, httpSeen, type Aftermath, type AwaySeen, type BrokenSeen, type RowSeen, type Seen } from './seen.ts';
import { startTraffic, type Traffic } from './traffic.ts';

const RECOVERY_DEADLINE_MS = 180_000;
const DOUBLED_DEADLINE_MS = 10_000;
/** Jobs are ordered, then the fault comes: it meets them at work. */
const HEAD_START_MS = 700;
/** What is done is judged by the end of the fault: at its beginning much is still under way. Requests that are still open when it ends are not. */
const LAST_SHARE = 1 / 3;
const LAST_MS = 5000;
const OPEN_MS = 2500;
const HEALTH_MS = 5000;
/** Jobs that are expected to go on are given so long beyond the row's own time. */
const JOBS_DEADLINE_MS = 120_000;
const LOOK_AHEAD_MS = 600;
/** Traffic goes on: more than these are a consumer that is behind. */
const FEW_RECORDS = 100;

/** Records each consumer has left, per partition it owns. */
const lagsOf = async (place: Place): Promise<readonly number[]> => (await Promise.all((['inference', 'join', 'monitor'] as const).map((one) => scrape(Number(new URL(place.urlOf(one)).port)))))
  .flatMap((figures) => [...figures].filter(([name]) => name.startsWith('loop_consumer_lag{')).map(([, lag]) => lag));
const statusOf = (url: string): Promise<number> => fetch(url, { signal: AbortSignal.timeout(HEALTH_MS) }).then(async (answer) => {
  await answer.arrayBuffer();
  return answer.status;
}, () => 0);
const offsetsOf = (place: Place): Promise<string> => fetch(`${place.urlOf('monitor')}/live`, { signal: AbortSignal.timeout(HEALTH_MS) }).then(async (answer) => JSON.stringify(((await answer.json()) as { labelled_offsets?: unknown }).labelled_offsets), () => 'no answer');

export type TableRun = { rows(rows: readonly Row[], each: (seen: RowSeen) => void): Promise<readonly RowSeen[]> };

/** Starts the processes and the traffic; resolves when all is well. */
export async function openTable(t: TestContext, place: Place, mark: string): Promise<TableRun> {
  place.startProcesses();
  const isReady = async (): Promise<true | undefined> => ((await Promise.all(VICTIMS.map((one) => statusOf(`${place.urlOf(one)}/health/ready`)))).every((status) => status === 200) ? true : undefined);
  await until('everybody is ready', isReady, RECOVERY_DEADLINE_MS);
  const traffic = await startTraffic(t, place, mark);
  await until('traffic flows', () => (traffic.labelledAtMs.length > 0 && traffic.predictedAtMs.length > 0 && traffic.acknowledged.size > 0 ? true : undefined), RECOVERY_DEADLINE_MS);
  const setAll = ({ part, who }: AwayRow, fault: Fault): Promise<unknown> => Promise.all(VICTIMS.filter((one) => who === 'all' || who === one).map((one) => place.proxy(part, one).set(fault)));

  const startsNow = (): number => Object.values(place.starts()).reduce((sum, one) => sum + one, 0);
  /** Waits until everybody is well again, the jobs of the row ended, and judges what was sent since the beginning. fromMs: when the fault ended. startsBefore: how often processes were to be started until then. */
  async function aftermathOf(name: string, fromMs: number, startsBefore: number, jobs: () => Promise<readonly ('finished' | 'open' | 'failed')[]>): Promise<Aftermath> {
    const unrecovered = await until(`recovery from ${name}`, async () => {
      const states = await jobs();
      if (states.includes('failed')) throw new Error(`${name}: a training or batch job failed: ${states.join(', ')}`);
      if (!states.every((one) => one === 'finished') || (await isReady()) === undefined) return undefined;
      return (await lagsOf(place)).every((lag) => lag < FEW_RECORDS) && traffic.answers.at(-1)?.status === 200 ? true : undefined;
    }, RECOVERY_DEADLINE_MS).then(() => [], (error: unknown) => [messageOf(error)]);
    const recoveredMs = performance.now() - fromMs;
    const restarts = startsNow() - startsBefore;
    await traffic.pause();
    const account = await accountOf(place, traffic);
    traffic.goOn();
    return { restarts, ...account, differences: [...unrecovered, ...account.differences], recoveredMs };
  }
  async function runAway(row: AwayRow, number: number): Promise<AwaySeen> {
    const id = `${mark}-${number}`;
    const before = startsNow();
    const dead: string[] = [];
    const [from, jobs] = [performance.now(), { training: traffic.orderTraining(id), batch: traffic.orderBatch(id) }];
    await Promise.all([jobs.training, jobs.batch]);
    await pause(Math.max(0, HEAD_START_MS - (performance.now() - from)));
    const [trainingBefore, batchBefore] = await Promise.all([traffic.trainingState(id), traffic.batchState(id)]);
    await setAll(row, row.fault);
    const lastPart = Math.max(row.forMs * LAST_SHARE, LAST_MS);
    let endMs = performance.now() + row.forMs;
    const latestMs = endMs + JOBS_DEADLINE_MS;
    /** A job that goes on under the fault shows it by its end, however slow the machine is. */
    const waitsForJobs = async (): Promise<boolean> => endMs < latestMs && ((row.does.training === 'serves' && (await traffic.trainingState(id)) === 'open') || (row.does.batch === 'serves' && (await traffic.batchState(id)) === 'open') || (row.does.mirror === 'serves' && (await traffic.untold()) > 0));
    let offsets = '';
    while (performance.now() < endMs) {
      const living = await Promise.all(VICTIMS.map(async (one): Promise<[Victim, number]> => [one, await statusOf(`${place.urlOf(one)}/health/live`)]));
      dead.push(...living.filter(([, status]) => status !== 200).map(([one, status]) => `${one} ${status}`));
      if (offsets === '' && performance.now() >= endMs - lastPart) offsets = await offsetsOf(place);
      await pause(Math.min(500, Math.max(0, endMs - performance.now())));
      if (performance.now() + LOOK_AHEAD_MS >= endMs && offsets !== '' && await waitsForJobs()) [endMs, offsets] = [performance.now() + lastPart, ''];
    }
    const ready = await Promise.all(VICTIMS.map(async (one): Promise<[Victim, number]> => [one, await statusOf(`${place.urlOf(one)}/health/ready`)]));
    const [moved, training, batch, untold] = [(await offsetsOf(place)) !== offsets, await traffic.trainingState(id), await traffic.batchState(id), await traffic.untold()];
    const toMs = performance.now();
    await setAll(row, NO_FAULT);
    const job = (was: string, is: string): Seen => (was === 'finished' ? 'done before' : is === 'finished' ? 'serves' : 'holds');
    const aftermath = await aftermathOf(row.name, toMs, before, async () => [await traffic.trainingState(id), await traffic.batchState(id)]);
    // Only now have all requests been answered.
    const does = {
      http: httpSeen(traffic.answers, toMs - lastPart, toMs - OPEN_MS), stream: flowSeen(traffic.predictedAtMs, toMs - lastPart, toMs), join: flowSeen(traffic.labelledAtMs, toMs - lastPart, toMs), monitor: moved ? 'serves' as const : 'holds' as const,
      training: job(trainingBefore, training), batch: job(batchBefore, batch), mirror: untold === 0 ? 'serves' as const : 'holds' as const,
    };
    return { kind: 'away', row, does, unready: ready.filter(([, status]) => status !== 200).map(([one]) => one), dead: [...new Set(dead)], ...aftermath };
  }
  async function runBroken(row: BrokenRow, number: number): Promise<BrokenSeen> {
    const before = startsNow() + row.kills;
    let [said, asExpected] = ['nothing was done', false];
    const complaints = await underLoad(place, `${mark}-l${number}-`, () => DO[row.act](place).then((words) => {
      [said, asExpected] = [words, true];
    }, (error: unknown) => {
      said = messageOf(error);
    })).catch((error: unknown) => [messageOf(error)]);
    const aftermath = await aftermathOf(row.name, performance.now(), before, () => Promise.resolve([]));
    const restarts = row.endsAgain ? Math.min(0, aftermath.restarts) : aftermath.restarts;
    return { kind: 'broken', row, said, asExpected, ...aftermath, restarts, differences: [...complaints, ...aftermath.differences] };
  }
  return {
    async rows(rows, each) {
      const seen: RowSeen[] = [];
      for (const [number, row] of rows.entries()) {
        const one = row.kind === 'away' ? await runAway(row, number) : await runBroken(row, number);
        seen.push(one);
        each(one);
      }
      await traffic.stop();
      return seen;
    },
  };
}

/** Everything that was sent or acknowledged has its answer, once; and `verify` finds nothing. */
async function accountOf(place: Place, traffic: Traffic): Promise<{ readonly lost: number; readonly doubled: number; readonly differences: readonly string[] }> {
  const [products, pairs, acknowledged] = [[...traffic.products], [...traffic.pairs], [...traffic.acknowledged]];
  const lostIds = (): string[] => [...products.filter((id) => !traffic.predicted.has(id) || !traffic.asked.has(id)), ...acknowledged.filter((id) => !traffic.predicted.has(id)), ...pairs.filter((id) => !traffic.labelled.has(id))];
  await until('everything has its answer', () => (lostIds().length === 0 ? true : undefined), RECOVERY_DEADLINE_MS).catch(() => undefined);
  await until('nothing waits', async () => ((await lagsOf(place)).every((lag) => lag === 0) ? true : undefined), RECOVERY_DEADLINE_MS).catch(() => undefined);
  const doubledIds = (): string[] => [...products.filter((id) => (traffic.predicted.get(id) ?? 0) > (traffic.asked.get(id) ?? 0)), ...pairs.filter((id) => (traffic.labelled.get(id) ?? 0) > 1)];
  // Topics are watched side by side: an answer may be seen before the second copy of its product.
  await until('no answer stands twice', () => (doubledIds().length === 0 ? true : undefined), DOUBLED_DEADLINE_MS).catch(() => undefined);
  const checks = await verify(place.context, () => undefined);
  return { lost: lostIds().length, doubled: doubledIds().length, differences: checks.flatMap(({ name, differences }) => differences.slice(0, 3).map((difference) => `${name}: ${difference}`)) };
}
