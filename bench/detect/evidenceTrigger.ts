// Our `evidence` trigger on a stream of label bytes: the production rules (score.ts, evidence.ts) at the speed of a simulation. Shares are frozen when the monitor freezes them; detect.test.ts holds it against the real fold.
import { hitShareFor, jointStatistic, noEvidence, weigh, type Evidence } from '../../consumers/monitor/evidence.ts';
import { MIN_FOR_COEFFICIENTS, scoreOf, shareOf, type Coefficients } from '../../consumers/monitor/score.ts';
import type { Detect } from './detectors.ts';
import { copyCounts, createSliding, noCounts, startsBucket, type Counts } from './sliding.ts';
import { nameOf } from './stream.ts';

/** Floors to guard; each is one detector (class: one per category), and they alarm together. */
export type Floors = { readonly weighted?: number; readonly accuracy?: number; readonly class?: number };
type Options = { readonly categories: number; readonly floors: Floors; readonly windowLabels: number; readonly falseAlarmEvery: number };

/** The weighted F1's one-step score of a cell, at shares frozen now and then. */
function createScores(categories: number): { freeze(counts: Counts): void; of(cell: number): number } {
  const frozen = noCounts(categories);
  const names = Array.from({ length: categories }, (_, c) => nameOf(c));
  const known = new Float64Array(categories * categories).fill(Number.NaN);
  const share = (c: number): [string, ReturnType<typeof shareOf>][] => {
    const [label = 0, predicted = 0, hit = 0] = [frozen.label[c], frozen.predicted[c], frozen.hit[c]];
    return label + predicted === 0 ? [] : [[names[c] ?? '', shareOf(label, predicted, hit, frozen.labels)]];
  };
  return {
    freeze(counts) {
      copyCounts(frozen, counts);
      known.fill(Number.NaN);
    },
    of(cell) {
      const seen = known[cell] ?? Number.NaN;
      if (!Number.isNaN(seen)) return seen;
      const label = Math.floor(cell / categories);
      const predicted = cell % categories;
      const coefficients: Coefficients | undefined = frozen.labels < MIN_FOR_COEFFICIENTS ? undefined : new Map([...share(label), ...share(predicted)]);
      return (known[cell] = scoreOf(coefficients, names[label] ?? '', names[predicted] ?? ''));
    },
  };
}

export function evidenceTrigger({ categories, floors, windowLabels, falseAlarmEvery }: Options): Detect {
  const classFloor = floors.class === undefined ? undefined : hitShareFor(floors.class);
  const first = [floors.weighted, floors.accuracy].filter((floor) => floor !== undefined).length;
  const fresh = (): Evidence[] => Array.from({ length: first + (classFloor === undefined ? 0 : categories) }, () => noEvidence);
  return (stream, clock, enough) => {
    const alarms: number[] = [];
    const window = createSliding(stream, categories, windowLabels, clock);
    const scores = createScores(categories);
    let detectors = fresh();
    const put = (at: number, threshold: number, score: number): void => void (detectors[at] = weigh(detectors[at] ?? noEvidence, threshold, score));
    for (let i = 0; i < stream.length; i += 1) {
      if (i === 0 || startsBucket(clock, i)) scores.freeze(window.counts);
      window.push(i);
      const cell = stream[i] ?? 0;
      const label = Math.floor(cell / categories);
      const predicted = cell % categories;
      const hit = label === predicted ? 1 : 0;
      let at = 0;
      if (floors.weighted !== undefined) put(at++, floors.weighted, scores.of(cell));
      if (floors.accuracy !== undefined) put(at++, floors.accuracy, hit);
      if (classFloor !== undefined) {
        put(at + label, classFloor, hit);
        if (hit === 0) put(at + predicted, classFloor, 0);
      }
      if (jointStatistic(detectors) < falseAlarmEvery) continue;
      alarms.push(i);
      if (i >= enough) break;
      detectors = fresh();
    }
    return alarms;
  };
}
