// ./loop bench monitor: how fast the monitor's fold judges a log again, and whether it says the same each time, byte for byte. River's metrics for comparison: they count, and judge nothing.
import { createHash } from 'node:crypto';
import { always, bookOf } from '../../consumers/monitor/rules.ts';
import { createFold } from '../../consumers/monitor/fold.ts';
import type { Labelled, Tally } from '../../schemas/events.ts';
import { messageOf } from '../../schemas/failure.ts';
import { readSettings } from '../../schemas/settings.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { runProgram } from '../../stack/fetch.ts';
import { join } from 'node:path';
import { spreadOf, type Bench, type Figure } from '../bench.ts';
import { labelledLog } from './labelledLog.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';

const LABELS = 1_000_000;
const DEFAULT_RUNS = 5;
const WANTED_PER_SECOND = 300_000;
/** Labels between two snapshots, like a large batch of the monitor's. */
const SNAPSHOT_EVERY = 10_000;
const RIVER: readonly Pinned[] = ['river==0.26.1'];
const RIVER_LABELS = 100_000;

/** Folds the log by the default settings, taking snapshots on the way. */
function refold(events: readonly Labelled[]): { readonly perSecond: number; readonly perCpuSecond: number; readonly sha256: string; readonly orders: number; readonly records: number } {
  const fold = createFold(0, always(bookOf(readSettings({}))));
  const snapshot = new Map<string, Tally>();
  const orders: string[] = [];
  const save = (): void => {
    for (const [key, tally] of fold.changes()) {
      if (tally === undefined) snapshot.delete(key);
      else snapshot.set(key, tally);
    }
  };
  const [started, cpu] = [performance.now(), process.cpuUsage()];
  events.forEach((event, offset) => {
    for (const order of fold.apply(event, offset)) orders.push(JSON.stringify(order));
    if ((offset + 1) % SNAPSHOT_EVERY === 0) save();
  });
  save();
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const hash = createHash('sha256');
  for (const key of [...snapshot.keys()].sort()) hash.update(`${key} ${JSON.stringify(snapshot.get(key))}\n`);
  for (const order of orders) hash.update(`${order}\n`);
  return { perSecond: events.length / seconds, perCpuSecond: events.length / ((user + system) / 1e6), sha256: hash.digest('hex'), orders: orders.length, records: snapshot.size };
}

export const bench: Bench = {
  name: 'monitor', about: 'the fold of the monitor over a log in memory: labels per second, and the same bytes every time',
  async run({ seed, runs = DEFAULT_RUNS, scale, peers, cache, say }) {
    const count = Math.max(10_000, Math.round(LABELS * scale));
    const events = labelledLog(seed, count);
    say(`${count.toLocaleString('en-US')} labels are in memory`);
    // Twice at least: a single fold cannot differ from itself.
    const folds = Array.from({ length: Math.max(2, runs) }, (_, i) => {
      const done = refold(events);
      say(`fold ${i + 1}: ${Math.round(done.perSecond).toLocaleString('en-US')} labels/s, sha256 ${done.sha256.slice(0, 16)}`);
      return done;
    });
    const figures: Figure[] = [{ name: 'refold over decoded events', unit: 'labels/s', runs: folds.map(({ perSecond }) => perSecond) }, { name: 'the same', unit: 'labels/CPU-s', runs: folds.map(({ perCpuSecond }) => perCpuSecond) }];
    const notes = [`${count.toLocaleString('en-US')} labels of two versions, 5 % corrected and 2 % withdrawn later; default settings (evidence trigger); ${folds[0]?.orders ?? 0} retrainings ordered, ${folds[0]?.records ?? 0} snapshot records, a snapshot taken every ${SNAPSHOT_EVERY.toLocaleString('en-US')} labels`];
    if (peers === undefined || peers.includes('river')) {
      try {
        const python = await fetchPython(cache, 'river', RIVER, say);
        const input = JSON.stringify(events.filter(({ revision }) => revision === 0).slice(0, RIVER_LABELS).map(({ label, predicted }) => [label, predicted]));
        const seen: number[] = [];
        for (let run = 0; run < runs; run += 1) seen.push(Number((await runProgram(python, [join(PROJECT_DIR, 'bench/peers/riverUpdates.py')], { input })).trim().split('\n').at(-1)));
        figures.push({ name: `${RIVER[0] ?? ''}: ConfusionMatrix, rolling WeightedF1`, unit: 'labels/s', runs: seen });
        notes.push('River counts and scores first labels only: no buckets, no corrections, no test of the threshold');
      } catch (error) {
        notes.push(`River was left out: ${messageOf(error).split('\n').slice(0, 2).join(' ')}`);
      }
    }
    const perSecond = spreadOf(folds.map((one) => one.perSecond)).median;
    const different = new Set(folds.map(({ sha256 }) => sha256)).size;
    return {
      bench: 'monitor', seed, figures, notes,
      bars: [
        { name: 'refold', wanted: `at least ${WANTED_PER_SECOND.toLocaleString('en-US')} labels/s`, seen: `${Math.round(perSecond).toLocaleString('en-US')} (median)`, holds: perSecond >= WANTED_PER_SECOND },
        { name: 'the same log gives the same snapshot and orders', wanted: 'one SHA-256', seen: `${different === 1 ? 'one' : different} over ${folds.length} folds of ${count.toLocaleString('en-US')} labels`, holds: different === 1 },
      ],
    };
  },
};
