// ./loop bench detect: how often each trigger cries wolf, and how soon it sees one. Simulated labels whose true weighted F1 is known exactly.
import { createRandom, type Random } from '../../schemas/random.ts';
import { readSettings } from '../../schemas/settings.ts';
import type { Bar, Bench, BenchOptions, BenchResult, Figure, Table } from '../bench.ts';
import { alwaysFire, doNothing, sigmaWindow, slidingF1, tuneK, windowTrigger, type Detect } from './detectors.ts';
import { evidenceTrigger } from './evidenceTrigger.ts';
import { delayOf, delaysOf, falseAlarms, PER_LABELS } from './figures.ts';
import { CATEGORY_COUNTS, clockOf, CONSTANT_F1, drawRuns, drawScenarios, DROP_FROM, MIN_F1, sizeOf, type Run, type Scenario, type Size, type Speed } from './plan.ts';
import { guarantees, rateBar } from './guarantees.ts';
import { RIVER, RIVER_DETECTORS, startRiver, type RiverName } from './river.ts';
import { truthWith } from './stream.ts';

/** Production's defaults, whatever the environment says. */
const { windowLabels, minLabels, falseAlarmEvery } = readSettings({});
const EVIDENCE: Readonly<Record<Speed, string>> = { fast: 'evidence (ours), fast stream', slow: 'evidence (ours), slow stream' };
const SIGMA = `sigma window of ${windowLabels}`;
/** Alarm positions per run, by detector. */
type Seen = { readonly scenario: Scenario; readonly alarms: ReadonlyMap<string, readonly (readonly number[])[]> };

const onEvery = (detect: Detect, speed: Speed, runs: readonly Run[], enough: number): number[][] => runs.map((run) => detect(run.stream, clockOf(speed, run), enough));

function watch(scenario: Scenario, k: number): Map<string, number[][]> {
  const { categories, runs, labels } = scenario;
  const enough = scenario.dropAt ?? labels;
  const evidence = evidenceTrigger({ categories, floors: { weighted: MIN_F1 }, windowLabels, falseAlarmEvery });
  const window = windowTrigger({ categories, minF1: MIN_F1, windowLabels, minLabels });
  return new Map([
    [EVIDENCE.fast, onEvery(evidence, 'fast', runs, enough)],
    [EVIDENCE.slow, onEvery(evidence, 'slow', runs, enough)],
    ['window (ours), fast stream', onEvery(window, 'fast', runs, enough)],
    ['window (ours), slow stream', onEvery(window, 'slow', runs, enough)],
    [SIGMA, onEvery(sigmaWindow({ categories, minF1: MIN_F1, windowLabels, k }), 'slow', runs, enough)],
    ['do nothing', onEvery(doNothing, 'slow', runs, enough)],
    ['always fire', onEvery(alwaysFire, 'slow', runs, enough)],
  ]);
}

function tuned(random: Random, { runs, constantLabels }: Size): Map<number, ReturnType<typeof tuneK>> {
  return new Map(CATEGORY_COUNTS.map((categories) => {
    const streams = drawRuns(random, runs, [{ truth: truthWith(categories, MIN_F1), labels: constantLabels }]);
    return [categories, tuneK(streams.map(({ stream }) => slidingF1(stream, categories, windowLabels)), MIN_F1, windowLabels, falseAlarmEvery)];
  }));
}

const inCategories = (seen: readonly Seen[], categories: number): readonly Seen[] => seen.filter(({ scenario }) => scenario.categories === categories);
const detectorsIn = (seen: readonly Seen[]): string[] => [...(seen[0]?.alarms.keys() ?? [])];
const of = ({ alarms }: Seen, detector: string): readonly (readonly number[])[] => alarms.get(detector) ?? [];

function rateTable(seen: readonly Seen[], categories: number): Table {
  const constant = inCategories(seen, categories).filter(({ scenario }) => scenario.dropAt === undefined);
  return {
    title: `false alarms per ${PER_LABELS} labels [95 % interval], ${categories} categories, min_f1 ${MIN_F1}, true F1 constant at`,
    head: ['detector', ...CONSTANT_F1.flatMap((f1) => [f1.toFixed(2), 'low', 'high'])],
    rows: detectorsIn(constant).map((detector) => [detector, ...constant.flatMap((one) => {
      const { rate, low, high } = falseAlarms(of(one, detector), one.scenario.labels);
      return [rate, low, high];
    })]),
  };
}
function dropTable(one: Seen): Table | undefined {
  const { categories, f1, dropAt, labels } = one.scenario;
  if (dropAt === undefined) return undefined;
  return {
    title: `labels from the drop to the alarm, ${categories} categories, F1 ${DROP_FROM.toFixed(2)} → ${f1.toFixed(2)}; –: not within ${labels - dropAt}`,
    head: ['detector', 'detected %', 'min', 'median', 'p90', 'max', `false before, per ${PER_LABELS}`],
    rows: [...one.alarms].map(([detector, alarms]) => {
      const { runs, detected, min, median, p90, max } = delaysOf(alarms, dropAt);
      return [detector, (100 * detected) / runs, min, median, p90, max, falseAlarms(alarms.map((positions) => positions.filter((at) => at < dropAt)), dropAt).rate];
    }),
  };
}

function barsOf(seen: readonly Seen[]): Bar[] {
  return seen.flatMap((one) => (['fast', 'slow'] as const).flatMap((speed): Bar[] => {
    const { categories, f1, dropAt, labels } = one.scenario;
    if (dropAt === undefined) return f1 === MIN_F1 ? [rateBar(`false alarms at the threshold, ${categories} categories, ${speed} stream`, falseAlarms(of(one, EVIDENCE[speed]), labels), falseAlarmEvery)] : [];
    if (f1 > 0.7) return [];
    const [ours, sigma] = [delaysOf(of(one, EVIDENCE[speed]), dropAt).median, delaysOf(of(one, SIGMA), dropAt).median];
    return [{ name: `median delay, drop to ${f1.toFixed(2)}, ${categories} categories, ${speed} stream`, wanted: `at most the sigma window's ${sigma ?? '–'} labels`, seen: `${ours ?? '–'} labels`, holds: (ours ?? Infinity) <= (sigma ?? Infinity) }];
  }));
}
/** Over the runs that saw the drop. */
const figuresOf = (seen: readonly Seen[]): Figure[] =>
  seen.flatMap((one) => {
    const { categories, f1, dropAt } = one.scenario;
    if (dropAt === undefined || f1 > 0.7) return [];
    return [EVIDENCE.fast, EVIDENCE.slow, SIGMA].map((detector): Figure => ({ name: `delay, drop to ${f1.toFixed(2)}, ${categories} categories, ${detector}`, unit: 'labels', runs: of(one, detector).map((alarms) => delayOf(alarms, dropAt)).filter((delay) => delay !== undefined) })).filter(({ runs }) => runs.length > 0);
  });

async function run({ seed, runs, scale, peers, cache, say }: BenchOptions): Promise<BenchResult> {
  const size = sizeOf(runs ?? 200, scale);
  const random = createRandom(seed);
  const ks = tuned(random, size);
  const scenarios = drawScenarios(random, size);
  const withRiver = peers === undefined || peers.includes('river');
  const river = withRiver ? await startRiver(cache, scenarios, say) : undefined;
  const seen = scenarios.map((scenario) => {
    say(`detect: F1 ${scenario.dropAt === undefined ? '' : `${DROP_FROM} → `}${scenario.f1}, ${scenario.categories} categories`);
    return { scenario, alarms: watch(scenario, ks.get(scenario.categories)?.k ?? Number.NaN) };
  });
  const { table, bars } = guarantees(random, size, { windowLabels, falseAlarmEvery }, say);
  if (river !== undefined) {
    say('detect: waiting for River');
    (await river.alarms()).forEach((perRun, i) => {
      for (const [name, shown] of Object.entries(RIVER_DETECTORS)) seen[i]?.alarms.set(shown, perRun.map((one) => [...one[name as RiverName]]));
    });
  }
  return {
    bench: 'detect', seed, figures: figuresOf(seen), bars: [...barsOf(seen), ...bars],
    tables: [...CATEGORY_COUNTS.map((categories) => rateTable(seen, categories)), ...seen.map(dropTable).filter((one) => one !== undefined), table],
    notes: [
      `${size.runs} runs of each; constant F1: ${size.constantLabels} labels a run; drops: ${size.beforeDrop} labels at ${DROP_FROM}, then ${size.afterDrop}; Zipf shares, errors to near and common categories; after every alarm a detector begins anew`,
      `ours with the default settings: FALSE_ALARM_EVERY ${falseAlarmEvery}, WINDOW_LABELS ${windowLabels}, MIN_LABELS ${minLabels}, no cooldown; fast stream: 20 labels a second in buckets of 60 s, each run at a random second of its bucket; slow stream: one label a bucket`,
      ...[...ks].map(([categories, { k, alarms, labels }]) => `${SIGMA}, ${categories} categories: k = ${k.toFixed(3)}, tuned on draws of its own at F1 ${MIN_F1}: ${alarms} alarms in ${labels} labels`),
      `every drop is abrupt and keeps shares and structure of errors; intervals are Garwood's for the number of alarms`,
      ...(withRiver ? [`${RIVER}, default parameters, fed the error of every label, both directions of change; ADWIN, DDM and Page–Hinkley look for a change of the error rate, not for a threshold: they know nothing of min_f1`] : ['River was left out (--peers)']),
    ],
  };
}
export const detect: Bench = { name: 'detect', about: 'false alarms and delays of triggers on simulated labels', run };
