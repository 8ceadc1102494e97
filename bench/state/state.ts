// ./loop bench state: how much memory the real join process needs for millions of predictions, whether that is flat, and how long it takes to be ready again.
// Fill: predictions, and labels for half of them that come later. Hold: only corrections, so that what is remembered stays the same. Then kill -9, a clean restart, a rebuild.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { stateDirOf } from '../../consumers/join/worker.ts';
import { fatal } from '../../schemas/failure.ts';
import type { Bar, Bench, BenchOptions, BenchResult, Figure } from '../bench.ts';
import { createFeeder, createFramer, createWorld, feedRange, type Feeder, type Framer, type World } from '../feed.ts';
import { untilFound, withStack, type BenchStack, type Running } from '../stack.ts';
import { gainOf, MIB, watchMemory, type Reading } from './memory.ts';

const PREDICTIONS = 10_000_000;
/** Labels come so many predictions later, as a share of all. */
const LAG = 0.1;
const CHUNK = 20_000;
const HOLD_S = { shortest: 20, whole: 180 };
const CORRECTIONS_PER_S = 2000;
const FILL_DEADLINE_MS = 3_600_000;
const READY_DEADLINE_MS = 900_000;
const MAX_ANON = 1536 * MIB;
const MAX_READY_S = 30;
/** Of the mean: what garbage collection leaves of noise. */
const MAX_GAIN = 0.05;

type Standing = { readonly live: number; readonly waiting: number; readonly entries: number; readonly lag: number; readonly indexBytes: number; readonly diskBytes: number };
/** Live partitions and counts from the join's metrics; undefined: it does not answer yet. */
async function ask({ settings }: BenchStack): Promise<Standing | undefined> {
  const text = await fetch(`http://127.0.0.1:${settings.joinPort}/metrics`, { signal: AbortSignal.timeout(10_000) }).then((answer) => answer.text(), () => undefined);
  if (text === undefined) return undefined;
  const values = (name: string): { readonly labels: string; readonly value: number }[] => [...text.matchAll(new RegExp(`^${name}(\\{[^}]*\\})? (\\S+)$`, 'gm'))].map(([, labels = '', value]) => ({ labels, value: Number(value) }));
  const one = (name: string, label = ''): number => values(name).find(({ labels }) => labels.includes(label))?.value ?? 0;
  const lags = values('loop_consumer_lag');
  return {
    live: lags.filter(({ labels }) => labels.includes('"predictions-')).length, lag: lags.reduce((sum, { value }) => sum + value, 0), waiting: one('loop_join_waiting', 'predictions'),
    entries: one('loop_join_state_entries'), indexBytes: one('loop_join_state_bytes', 'memory'), diskBytes: one('loop_join_state_bytes', 'disk'),
  };
}
/** Every partition is live, not only one: an instance that serves some of them is ready only for those. */
async function untilLive(stack: BenchStack, running: Running): Promise<Standing> {
  return untilFound('all partitions are live', running, READY_DEADLINE_MS, async () => {
    const standing = await ask(stack);
    return standing?.live === stack.settings.partitions ? standing : undefined;
  });
}
const startJoin = (stack: BenchStack): Running => stack.startOurs('join', 'consumers/join/main.ts');
/** Seconds from the start of a process to all its partitions being live. */
async function timeStart(stack: BenchStack): Promise<{ readonly running: Running; readonly seconds: number; readonly standing: Standing }> {
  const began = performance.now();
  const running = startJoin(stack);
  const standing = await untilLive(stack, running);
  return { running, seconds: (performance.now() - began) / 1000, standing };
}
function bytesIn(dir: string): number {
  return readdirSync(dir, { withFileTypes: true }).reduce((sum, entry) => sum + (entry.isDirectory() ? bytesIn(join(dir, entry.name)) : statSync(join(dir, entry.name)).size), 0);
}

/** All predictions, and a label for every other one. The join is never further behind than half the distance of the labels: they come to predictions that it knows, as labels do. */
async function fill(feeder: Feeder, framer: Framer, world: World, count: number, say: (line: string) => void, untilLagBelow: (lag: number) => Promise<void>): Promise<void> {
  const lag = Math.max(CHUNK, Math.floor((count * LAG) / CHUNK) * CHUNK);
  let told = performance.now();
  for (let from = 0; from < count + lag; from += CHUNK) {
    if (from < count) await feedRange(feeder, 'predictions', from, Math.min(count, from + CHUNK), (i) => framer.prediction(world.prediction(i)));
    const [first, last] = [Math.max(0, from - lag) / 2, Math.min(count, from - lag + CHUNK) / 2];
    if (from >= lag) await feedRange(feeder, 'feedback', first, last, (i) => framer.feedback(world.feedback(2 * i)));
    await untilLagBelow(lag / 2);
    if (performance.now() - told < 10_000) continue;
    told = performance.now();
    say(`fed ${Math.min(count, from).toLocaleString('en-US')} predictions`);
  }
}
/** Corrections of labelled ones, back and forth, at an even rate; other entries than those just touched, so that they come from disk. */
async function hold(feeder: Feeder, framer: Framer, world: World, count: number, seconds: number): Promise<number> {
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1000) {
    const due = Math.floor(((performance.now() - began) / 1000) * CORRECTIONS_PER_S);
    const labels = count / 2;
    await feedRange(feeder, 'feedback', sent, due, (n) => {
      const i = 2 * ((n * 7919) % labels);
      const round = Math.floor(n / labels);
      return framer.feedback(world.feedback(i, 1 + round, round % 2 === 0 ? otherThan(world.labelOf(i)) : world.labelOf(i)));
    });
    sent = due;
    await pause(50);
  }
  return sent;
}
const otherThan = (label: string): string => (label === 'Beverages' ? 'Fresh & Perishable Items' : 'Beverages');
const maxOf = (readings: readonly Reading[], of: (reading: Reading) => number): number => readings.reduce((max, reading) => Math.max(max, of(reading)), 0);

async function measure(stack: BenchStack, { seed, scale, say, runs = 3 }: BenchOptions): Promise<BenchResult> {
  const count = 2 * Math.max(CHUNK, Math.round((PREDICTIONS * scale) / 2));
  const labels = count / 2;
  const world = createWorld({ seed });
  const framer = await createFramer(stack.registry);
  const feeder = await createFeeder(stack.settings);
  const intact = ({ entries, waiting }: Standing): boolean => entries === count && waiting === count - labels;
  const dir = join(stateDirOf(stack.settings, 0), '..');

  const first = startJoin(stack);
  await untilLive(stack, first);
  const memory = watchMemory(first.pid);
  const empty = memory.readings.at(-1)?.anon ?? 0;
  const cpuBefore = memory.cpuSeconds();
  const began = performance.now();
  await fill(feeder, framer, world, count, say, async (lag) => {
    await untilFound('the join follows', first, FILL_DEADLINE_MS, async () => (((await ask(stack))?.lag ?? Number.POSITIVE_INFINITY) < lag ? true : undefined), 250);
  });
  say('all is fed; waiting for the join to have taken it');
  const full = await untilFound('everything is taken', first, FILL_DEADLINE_MS, async () => {
    const standing = await ask(stack);
    return standing !== undefined && standing.lag === 0 && intact(standing) ? standing : undefined;
  }, 250);
  const fillS = (performance.now() - began) / 1000;
  const fillCpuS = memory.cpuSeconds() - cpuBefore;
  say(`${count.toLocaleString('en-US')} predictions, ${labels.toLocaleString('en-US')} of them paired, after ${fillS.toFixed(0)} s; RssAnon ${((memory.readings.at(-1)?.anon ?? 0) / MIB).toFixed(0)} MiB`);

  const filled = memory.readings.length;
  const holdS = Math.max(HOLD_S.shortest, Math.round(HOLD_S.whole * Math.min(1, scale)));
  const corrections = await hold(feeder, framer, world, count, holdS);
  await feeder.close();
  const held = memory.readings.slice(filled);
  const second = held.slice(Math.floor(held.length / 2));
  const gain = gainOf(second.map(({ atMs, anon }) => ({ x: atMs, y: anon })));
  const mean = second.reduce((sum, { anon }) => sum + anon, 0) / Math.max(1, second.length);
  const diskBytes = bytesIn(dir);
  memory.stop();
  say(`held for ${holdS} s with ${corrections.toLocaleString('en-US')} corrections; now kill -9`);

  let running = first;
  const timed = async (what: string, end: NodeJS.Signals, between: () => void = () => undefined): Promise<number> => {
    await running.stop(end);
    between();
    const started = await timeStart(stack);
    ({ running } = started);
    if (!intact(started.standing)) throw fatal('state_lost', `after ${what}: ${started.standing.entries} entries, ${started.standing.waiting} waiting, instead of ${count} and ${count - labels}`);
    say(`${what}: ready in ${started.seconds.toFixed(1)} s`);
    return started.seconds;
  };
  const afterKill: number[] = [];
  const afterStop: number[] = [];
  for (let i = 0; i < runs; i += 1) {
    afterKill.push(await timed('kill -9', 'SIGKILL'));
    afterStop.push(await timed('clean restart', 'SIGTERM'));
  }
  const rebuild = await timed('rebuild from nothing', 'SIGTERM', () => rmSync(dir, { recursive: true, force: true }));

  const peak = maxOf(memory.readings, ({ anon }) => anon);
  const slowest = Math.max(...afterKill, ...afterStop);
  const figure = (name: string, unit: string, ...values: number[]): Figure => ({ name, unit, runs: values });
  const figures = [
    figure('RssAnon, peak', 'MiB', peak / MIB),
    figure('RssAnon while held', 'MiB', ...second.map(({ anon }) => anon / MIB)),
    figure('RssAnon gained, 2nd half of the hold', 'MiB', gain / MIB),
    figure('RSS, peak', 'MiB', maxOf(memory.readings, ({ rss }) => rss) / MIB),
    figure('RssAnon above an empty join', 'bytes/prediction', (mean - empty) / count),
    figure('index', 'MiB', full.indexBytes / MIB),
    figure('state on disk', 'MiB', diskBytes / MIB),
    figure('predictions held', '', count),
    figure('inputs taken while filling', 'events/s', (count + labels) / fillS),
    figure('join while filling', 'µs CPU/event', (fillCpuS * 1e6) / (count + labels)),
    figure('ready after kill -9', 's', ...afterKill),
    figure('ready after a clean stop', 's', ...afterStop),
    figure('rebuild from nothing', 's', rebuild),
  ];
  const bars: Bar[] = [
    { name: 'anonymous memory', wanted: `at most ${MAX_ANON / MIB} MiB at any time`, seen: `${(peak / MIB).toFixed(0)} MiB`, holds: peak <= MAX_ANON },
    { name: 'flat over time', wanted: `RssAnon gains at most ${MAX_GAIN * 100} % over the second half of the hold`, seen: `${((gain / mean) * 100).toFixed(1)} %`, holds: gain <= mean * MAX_GAIN },
    { name: 'restart', wanted: `all partitions live in under ${MAX_READY_S} s`, seen: `${slowest.toFixed(1)} s at worst`, holds: slowest < MAX_READY_S },
  ];
  const notes = [
    `${(count - labels).toLocaleString('en-US')} waiting and ${labels.toLocaleString('en-US')} paired predictions, 36-byte ids, 60-byte texts, ${stack.settings.partitions} partitions in one join process; memory is read from /proc twice a second`,
    `held ${holdS} s with ${CORRECTIONS_PER_S} corrections a second; ready: every partition live, counted from the start of the process, the session time-out of a killed member (${stack.settings.sessionTimeoutMs / 1000} s) included`,
    'the broker and the feeder ran on the same machine; the pages of the state files are the kernel\'s and in RSS only where mapped',
    ...(scale === 1 ? [] : [`scale ${scale}: the bars are made for scale 1`]),
  ];
  return { bench: 'state', seed, figures, bars, notes };
}

export const bench: Bench = {
  name: 'state',
  about: 'memory and restart of the join with 5 million waiting and 5 million paired predictions',
  run: (options) => withStack({ name: 'state', say: options.say }, (stack) => measure(stack, options)),
};
