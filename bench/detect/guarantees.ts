// The promise on its own ground: something stands exactly at its floor, and evidence may not alarm oftener than promised. Also what clipped scores would do there.
import { hitShareFor } from '../../consumers/monitor/evidence.ts';
import type { Random } from '../../schemas/random.ts';
import type { Bar, Table } from '../bench.ts';
import { evidenceTrigger, type Floors } from './evidenceTrigger.ts';
import { falseAlarms, PER_LABELS } from './figures.ts';
import { CATEGORY_COUNTS, clockOf, drawRuns, MIN_F1, type Size, type Speed } from './plan.ts';
import type { Rate } from './poisson.ts';
import { accuracyOf, concerning, truthWith, type Structure, type Truth } from './stream.ts';

type Rules = { readonly windowLabels: number; readonly falseAlarmEvery: number };
type Guarantee = { readonly name: string; readonly truth: Truth; readonly floors: Floors; readonly speeds: readonly Speed[]; readonly clipped?: boolean };

/** An accuracy is judged the same at any speed; so is a category, which is the accuracy among its own labels. */
function guaranteesFor(categories: number): Guarantee[] {
  const leaning = (structure: Structure, name: string): Guarantee[] => {
    const one = { truth: truthWith(categories, MIN_F1, structure), floors: { weighted: MIN_F1 } };
    return [{ name: `weighted F1, ${name}`, ...one, speeds: ['fast', 'slow'] }, { name: `the same, scores clipped to [0, 1]`, ...one, speeds: ['fast'], clipped: true }];
  };
  const even = truthWith(categories, MIN_F1, 'even');
  const ofCategory = (category: number, name: string): Guarantee => ({ name: `the ${name} category, of its own labels`, truth: concerning(even, category), floors: { accuracy: hitShareFor(MIN_F1) }, speeds: ['fast'] });
  return [
    { name: 'accuracy', truth: truthWith(categories, MIN_F1, 'near', accuracyOf), floors: { accuracy: MIN_F1 }, speeds: ['fast'] },
    ofCategory(0, 'commonest'),
    ofCategory(categories - 1, 'rarest'),
    { name: 'every category together', truth: even, floors: { class: MIN_F1 }, speeds: ['fast'] },
    { name: 'weighted F1, accuracy and every category together', truth: even, floors: { weighted: MIN_F1, accuracy: MIN_F1, class: MIN_F1 }, speeds: ['fast', 'slow'] },
    ...leaning('leaning', 'errors lean to the commonest category'),
    ...leaning('catchall', 'errors end in the rarest category'),
  ];
}

export function rateBar(name: string, { rate, low, high }: Rate, falseAlarmEvery: number): Bar {
  const promised = PER_LABELS / falseAlarmEvery;
  return { name, wanted: `an interval that reaches down to ${promised} per ${PER_LABELS}`, seen: `${rate.toFixed(2)} [${low.toFixed(2)}, ${high.toFixed(2)}]`, holds: low <= promised };
}

export function guarantees(random: Random, { runs, constantLabels }: Size, { windowLabels, falseAlarmEvery }: Rules, say: (line: string) => void): { readonly table: Table; readonly bars: readonly Bar[] } {
  const bars: Bar[] = [];
  const rows = CATEGORY_COUNTS.flatMap((categories) => guaranteesFor(categories).flatMap(({ name, truth, floors, speeds, clipped = false }) => {
    say(`detect: ${name}, ${categories} categories`);
    const streams = drawRuns(random, runs, [{ truth, labels: constantLabels }]);
    const detect = evidenceTrigger({ categories, floors, windowLabels, falseAlarmEvery, clipped });
    return speeds.map((speed) => {
      const shown = floors.weighted === undefined ? name : `${name}, ${speed} stream`;
      const alarms = streams.map((run) => detect(run.stream, clockOf(speed, run), constantLabels));
      const all = falseAlarms(alarms, constantLabels);
      const start = falseAlarms(alarms.map((positions) => positions.filter((at) => at < windowLabels)), windowLabels);
      if (!clipped) bars.push(rateBar(`false alarms at the floor, ${shown}, ${categories} categories`, all, falseAlarmEvery));
      return [shown, categories, all.rate, all.low, all.high, start.rate, start.low, start.high];
    });
  }));
  const title = `evidence where something stands exactly at its floor of ${MIN_F1}: false alarms per ${PER_LABELS} labels [95 % interval], of all labels and of the first ${windowLabels} of a new version`;
  return { bars, table: { title, head: ['what', 'categories', 'all', 'low', 'high', 'first', 'low', 'high'], rows } };
}
