// ./loop bench serve: single-row requests per processor second beside FastAPI, MLServer and BentoML, with and without events in Kafka; delays at a fixed rate; swaps under load.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withAdmin } from '../../producers/withAdmin.ts';
import { quantileOf, spreadOf, type Bar, type Bench, type BenchOptions, type BenchResult, type Figure } from '../bench.ts';
import { requireProcfs } from '../join/procfs.ts';
import { withStack, type BenchStack } from '../stack.ts';
import { produceDelays } from './broker.ts';
import { PEER_TOPIC, startOurs, startPeers, type Contender } from './contenders.ts';
import { announce, jobOf, learnServed, storeServed } from './model.ts';
import { askPaced } from './paced.ts';
import { comparePredictors } from './predictors.ts';
import { runSwaps } from './swaps.ts';
import { cpuOf, rssOf } from './tree.ts';
import { ask, fetchWrk, type Wrk } from './wrk.ts';

const RUNS = 3;
const CONNECTIONS = 32;
const WARM_UP_S = 8;
const ASK_S = 6;
const PACED_S = 6;
const PER_SECOND = 1000;
const SWAP_RUNS = 5;
const SWAPS_PER_RUN = 10;
const SWAP_EVERY_MS = 500;
const BARS: readonly (readonly [ours: string, peer: string, times: number])[] = [['ours', 'fastapi', 15], ['ours', 'mlserver', 15], ['ours-kafka', 'fastapi-kafka', 15]];
const MOST_ABOVE_BROKER_MS = 3;
const MB = 1e6;

type Seen = { readonly perCpuSecond: number; readonly perSecond: number; readonly p99Ms: number; readonly rss: number; readonly failed: number; readonly paced: readonly [p50: number, p99: number, p999: number]; readonly pacedFailed: number };
const medianOf = (values: readonly number[]): number => (values.length === 0 ? Number.NaN : spreadOf(values).median);

async function measure(wrk: Wrk, { running, target }: Contender, texts: readonly string[], dir: string, scale: number): Promise<Seen> {
  const before = cpuOf(running.pid);
  const answered = await ask(wrk, target, texts, { dir, connections: CONNECTIONS, seconds: Math.max(2, Math.round(ASK_S * scale)) });
  const cpuSeconds = cpuOf(running.pid) - before;
  const paced = await askPaced(target, { perSecond: PER_SECOND, seconds: PACED_S * scale, connections: CONNECTIONS, texts });
  const at = (q: number): number => quantileOf(paced.delaysMs, q) ?? Number.POSITIVE_INFINITY;
  return { perCpuSecond: answered.requests / cpuSeconds, perSecond: answered.requests / answered.seconds, p99Ms: answered.p99Ms, failed: answered.failed, rss: rssOf(running.pid), paced: [at(0.5), at(0.99), at(0.999)], pacedFailed: paced.failed };
}

async function work(stack: BenchStack, options: BenchOptions, dir: string): Promise<BenchResult> {
  const { seed, runs = RUNS, scale, peers, dataset, cache, say } = options;
  const wrk = await fetchWrk(cache, say);
  const job = jobOf(dataset, seed);
  const texts = job.test.slice(0, 2000).map((i) => job.texts[i] ?? '');
  const served = await learnServed(job, seed);
  say(`our model: weighted F1 ${served.weighted.toFixed(4)}`);
  const predictors = await comparePredictors(served, { dir, cache, texts, say });
  const promoted = await storeServed(stack, served, texts);
  await announce(stack, [promoted]);
  const [jobFile, promotionFile] = [join(dir, 'job.json'), join(dir, 'promotion.json')];
  writeFileSync(jobFile, JSON.stringify(job));
  writeFileSync(promotionFile, JSON.stringify(promoted));
  await withAdmin(stack.settings, 'bench-admin', (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: PEER_TOPIC, numPartitions: stack.settings.partitions, replicationFactor: 1 }] }));

  const kit = { stack, cache, say, dir, jobFile };
  const ours = [await startOurs(kit, 'ours', served.weighted, promotionFile), await startOurs(kit, 'ours-kafka', served.weighted, promotionFile)];
  const { started, missing } = await startPeers(kit, peers);
  const all = [...ours, ...started];
  for (const one of all) await ask(wrk, one.target, texts, { dir, connections: CONNECTIONS, seconds: Math.max(2, Math.round(WARM_UP_S * scale)) });

  const seen = new Map<Contender, Seen[]>(all.map((one) => [one, []]));
  const brokerP99Ms: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    for (const one of [...all.slice(run % all.length), ...all.slice(0, run % all.length)]) {
      const result = await measure(wrk, one, texts, dir, scale);
      seen.get(one)?.push(result);
      say(`run ${run + 1} of ${runs}: ${one.title}: ${Math.round(result.perCpuSecond)} requests per CPU-second, ${Math.round(result.perSecond)}/s; at ${PER_SECOND}/s p99 ${result.paced[1].toFixed(1)} ms; ${result.failed + result.pacedFailed} failed`);
      if (one.name === 'ours-kafka') brokerP99Ms.push(quantileOf(await produceDelays(stack.settings, PEER_TOPIC, { perSecond: PER_SECOND, seconds: PACED_S * scale }), 0.99) ?? Number.NaN);
    }
  }
  const durable = ours[1];
  const swapsPerRun = Math.max(2, Math.round(SWAPS_PER_RUN * Math.min(1, 2 * scale)));
  const swaps = durable === undefined ? undefined : await runSwaps(stack, durable.target, served, { runs: SWAP_RUNS, swapsPerRun, everyMs: SWAP_EVERY_MS, perSecond: PER_SECOND, connections: CONNECTIONS, texts, firstSeq: 10, say });

  const of = (name: string, pick: (one: Seen) => number): number[] => [...seen].flatMap(([one, list]) => (one.name === name ? list.map(pick) : []));
  const bars: Bar[] = BARS.filter(([, peer]) => peers?.includes(peer) ?? true).map(([mine, peer, wanted]) => {
    const [a, b] = [medianOf(of(mine, (one) => one.perCpuSecond)), medianOf(of(peer, (one) => one.perCpuSecond))];
    const title = all.find(({ name }) => name === peer)?.title ?? peer;
    return { name: `requests per CPU-second against ${title}`, wanted: `${wanted} times as many`, seen: Number.isNaN(b) ? 'it could not be measured' : `${(a / b).toFixed(1)} times (${Math.round(a)} and ${Math.round(b)}, medians)`, holds: a / b >= wanted };
  });
  const [mine, broker] = [medianOf(of('ours-kafka', (one) => one.paced[1])), medianOf(brokerP99Ms)];
  bars.push({ name: `p99 with events at ${PER_SECOND} requests/s`, wanted: `at most the broker's own ${broker.toFixed(1)} ms + ${MOST_ABOVE_BROKER_MS} ms`, seen: `${mine.toFixed(1)} ms (medians)`, holds: mine <= broker + MOST_ABOVE_BROKER_MS });
  const failedOfOurs = ours.flatMap((one) => seen.get(one) ?? []).reduce((sum, one) => sum + one.failed + one.pacedFailed, 0);
  bars.push({ name: 'requests to ours that failed', wanted: 'none', seen: String(failedOfOurs), holds: failedOfOurs === 0 });
  if (swaps !== undefined) {
    const [steady, swapping] = [medianOf(swaps.steadyP99Ms), medianOf(swaps.swapP99Ms)];
    bars.push(
      { name: `${swaps.swaps} swaps at ${PER_SECOND} requests/s`, wanted: 'none failed, none answered by another model than it names', seen: `${swaps.failed} failed, ${swaps.mixed} mixed of ${swaps.answers}; ${swaps.versions} versions answered`, holds: swaps.failed === 0 && swaps.mixed === 0 && swaps.versions > swaps.swaps / 2 },
      { name: 'p99 while models are swapped', wanted: 'at most 2 times the steady one', seen: `${swapping.toFixed(1)} ms and ${steady.toFixed(1)} ms (medians of ${SWAP_RUNS} alternating runs)`, holds: swapping <= 2 * steady },
    );
  }
  const figures: Figure[] = all.flatMap((one): Figure[] => {
    const list = seen.get(one) ?? [];
    const figure = (name: string, unit: string, pick: (seen: Seen) => number): Figure => ({ name: `${one.title}${name}`, unit, runs: list.map(pick) });
    return [figure('', 'requests/CPU-s', (s) => s.perCpuSecond), figure('', 'requests/s', (s) => s.perSecond), figure(`, at ${PER_SECOND}/s p50`, 'ms', (s) => s.paced[0]), figure(`, at ${PER_SECOND}/s p99`, 'ms', (s) => s.paced[1]), figure(`, at ${PER_SECOND}/s p99.9`, 'ms', (s) => s.paced[2]), figure('', 'MB RSS', (s) => s.rss / MB)];
  });
  figures.push({ name: `the broker alone, at ${PER_SECOND}/s p99`, unit: 'ms', runs: brokerP99Ms });
  if (swaps !== undefined) figures.push({ name: `steady, at ${PER_SECOND}/s p99`, unit: 'ms', runs: swaps.steadyP99Ms }, { name: `${swapsPerRun} swaps, at ${PER_SECOND}/s p99`, unit: 'ms', runs: swaps.swapP99Ms });
  return {
    bench: 'serve', seed, figures, bars: [...bars, ...predictors.bars],
    tables: [predictors.table, { title: 'weighted F1 on the rows to judge, which nobody has learnt from', head: ['', 'weighted F1'], rows: all.map((one) => [one.title, one.weighted.toFixed(4)]) }],
    notes: [
      ...missing, ...predictors.notes,
      `one text a request, ${CONNECTIONS} connections kept open, wrk; requests per CPU-second: answered with 2xx by processor seconds (user and system) of the server with all its processes, the broker's and the client's excluded`,
      'uvicorn and BentoML with 2 workers, MLServer without a worker process (a request costs it less so), ours one process; everybody learns from the same rows: word TF-IDF and logistic regression for the peers',
      '"ours" is the service over a publish port that answers at once (bench/serve/unpublished.ts); "ours, acks=all" is inference/main.ts as it is run, its read model of the newest predictions included',
      `delays at a fixed rate count from the moment at which a request was due; a peer that cannot keep ${PER_SECOND}/s shows a queue, not a delay; the peers swap a model by a restart, which is not measured`,
    ],
  };
}

export const bench: Bench = {
  name: 'serve', about: 'single-row requests beside FastAPI, MLServer and BentoML, with and without events; swaps under load',
  async run(options) {
    requireProcfs();
    const dir = mkdtempSync(join(tmpdir(), 'bench-serve-'));
    try {
      return await withStack({ name: 'serve', say: options.say, services: ['mysql', 's3'] }, (stack) => work(stack, options, dir));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
