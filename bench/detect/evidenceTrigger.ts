// Our `evidence` trigger on a stream of label bytes: the production rules (score.ts, evidence.ts) at the speed of a simulation. Shares are frozen when the monitor freezes them; detect.test.ts holds it against the real fold.
import { hitShareFor, jointStatistic, noEvidence, weigh, type Evidence } from '../../consumers/monitor/evidence.ts';
import { hitScore, influence, isFreezePoint, MIN_FOR_COEFFICIENTS, shareOf, type Share } from '../../consumers/monitor/score.ts';
import type { Detect } from './detectors.ts';
import { copyCounts, createSliding, noCounts, startsBucket, type Counts } from './sliding.ts';
import { nameOf } from './stream.ts';

/** Floors to guard; each is one detector (class: one per category), and they alarm together. */
export type Floors = { readonly weighted?: number; readonly accuracy?: number; readonly class?: number };
/** clipped: the weighted score cut to [0, 1], as it is not in production: to show what that would cost. */
type Options = { readonly clipped?: boolean; readonly categories: number; readonly floors: Floors; readonly windowLabels: number; readonly falseAlarmEvery: number };

/** The weighted F1's one-step score of a cell, at shares frozen now and then. */
type Scores = { freeze(counts: Counts): void; /** undefined: too few labels yet */ of(cell: number): number | undefined; readonly highest: () => number };
function createScores(categories: number): Scores {
  const frozen = noCounts(categories);
  const names = Array.from({ length: categories }, (_, c) => nameOf(c));
  const known = new Float64Array(categories * categories);
  let highest = 1;
  const share = (c: number): Share | undefined => {
    const [label = 0, predicted = 0, hit = 0] = [frozen.label[c], frozen.predicted[c], frozen.hit[c]];
    return label + predicted === 0 ? undefined : shareOf(label, predicted, hit, frozen.labels);
  };
  return {
    freeze(counts) {
      copyCounts(frozen, counts);
      known.fill(Number.NaN);
      highest = 1;
      for (let c = 0; c < categories; c += 1) highest = Math.max(highest, hitScore(share(c) ?? { r: 0, d: 0, f: 0 }));
    },
    of(cell) {
      if (frozen.labels < MIN_FOR_COEFFICIENTS) return undefined;
      const seen = known[cell] ?? Number.NaN;
      if (!Number.isNaN(seen)) return seen;
      const concerned = [Math.floor(cell / categories), cell % categories] as const;
      const coefficients = new Map(concerned.flatMap((c) => {
        const one = share(c);
        return one === undefined ? [] : [[names[c] ?? '', one]];
      }));
      return (known[cell] = influence(coefficients, names[concerned[0]] ?? '', names[concerned[1]] ?? ''));
    },
    highest: () => highest,
  };
}

export function evidenceTrigger({ clipped = false, categories, floors, windowLabels, falseAlarmEvery }: Options): Detect {
  const classFloor = floors.class === undefined ? undefined : hitShareFor(floors.class);
  const first = [floors.weighted, floors.accuracy].filter((floor) => floor !== undefined).length;
  const fresh = (): Evidence[] => Array.from({ length: first + (classFloor === undefined ? 0 : categories) }, () => noEvidence);
  return (stream, clock, enough) => {
    const alarms: number[] = [];
    const window = createSliding(stream, categories, windowLabels, clock);
    const scores = createScores(categories);
    let detectors = fresh();
    const put = (at: number, threshold: number, score: number, highest?: number): void => void (detectors[at] = weigh(detectors[at] ?? noEvidence, threshold, score, highest));
    for (let i = 0; i < stream.length; i += 1) {
      if (i === 0 || startsBucket(clock, i) || isFreezePoint(window.counts.labels)) scores.freeze(window.counts);
      window.push(i);
      const cell = stream[i] ?? 0;
      const label = Math.floor(cell / categories);
      const predicted = cell % categories;
      const hit = label === predicted ? 1 : 0;
      let at = 0;
      if (floors.weighted !== undefined) {
        const score = scores.of(cell);
        if (score !== undefined) put(at, floors.weighted, clipped ? Math.min(1, Math.max(0, score)) : score, scores.highest());
        at += 1;
      }
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
