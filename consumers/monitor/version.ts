// What the fold knows of one model version: two sets of tallies with their windows (all labels, audited labels), detectors, episode, and the status shown.
import { beforeFirstEpisode, type EpisodeState } from './episode.ts';
import { hitShareFor, noEvidence, weigh, type Evidence } from './evidence.ts';
import type { MonitorRules } from './rules.ts';
import { coefficientsOf, highestScore, influence, isFreezePoint, MIN_FOR_COEFFICIENTS, type Coefficients } from './score.ts';
import type { Sources } from './sources.ts';
import { createTallies, type Lengths, type Tallies } from './tallies.ts';
import type { Shown } from './verdict.ts';
import { createRunningWindow, type RunningWindow } from './window.ts';

export const WEIGHTED = 'weighted';
export const ACCURACY = 'accuracy';
const CATEGORY = 'category:';

/** Which labels: every one, or those of predictions chosen at random for verification. */
export type Basis = 'all' | 'audit';
export type Counted = { readonly tallies: Tallies; readonly window: RunningWindow };
export type VersionState = {
  readonly modelName: string; readonly modelVersion: string; rules: MonitorRules;
  readonly counted: Readonly<Record<Basis, Counted>>;
  detectors: Map<string, Evidence>; coefficients: Coefficients | undefined; coefficientsBucketMs: number;
  /** no label scores more by these coefficients */
  highest: number;
  episode: EpisodeState; shown: Shown; shownSinceMs: number;
  /** labels given to the detectors, and since the last alarm or change of settings */
  fed: number; fedSinceAlarm: number;
  newestPredictedAt: number; added: number; removed: number; lastLabelledAt: number;
  /** lengths of buckets by time: a change of BUCKET_MS counts from the labels that follow it */
  bucketLengths: Lengths;
  /** the live window holds no bucket that began before: of the rules when the version was started afresh, else 0 */
  freshFromMs: number;
  sources: Sources;
};

/** Detectors without evidence, one per guard; all alarm together at the mean of their statistics. */
export function freshDetectors({ minClassF1, minAccuracy, categories }: MonitorRules): Map<string, Evidence> {
  const names = [WEIGHTED, ...(minAccuracy === undefined ? [] : [ACCURACY]), ...(minClassF1 === undefined ? [] : categories.map((category) => `${CATEGORY}${category}`))];
  return new Map(names.map((name) => [name, noEvidence]));
}

export function createVersion(modelName: string, modelVersion: string, rules: MonitorRules): VersionState {
  const count = (): Counted => {
    const tallies = createTallies(() => version.bucketLengths);
    return { tallies, window: createRunningWindow(tallies, () => version.rules, () => version.freshFromMs) };
  };
  const version: VersionState = {
    modelName, modelVersion, rules, bucketLengths: [{ fromMs: 0, lengthMs: rules.bucketMs }], counted: { all: count(), audit: count() },
    detectors: freshDetectors(rules), coefficients: undefined, coefficientsBucketMs: -1, highest: 1, episode: beforeFirstEpisode, shown: 'warming', shownSinceMs: 0,
    fed: 0, fedSinceAlarm: 0, newestPredictedAt: 0, added: 0, removed: 0, lastLabelledAt: 0, freshFromMs: 0, sources: new Map(),
  };
  return version;
}

/** Adds or takes back one label, in every basis it belongs to. */
export function count({ counted }: VersionState, audit: boolean, label: string, predicted: string, labelledAtMs: number, by: 1 | -1): void {
  countIn(counted.all, label, predicted, labelledAtMs, by);
  if (audit) countIn(counted.audit, label, predicted, labelledAtMs, by);
}
const countIn = ({ tallies, window }: Counted, label: string, predicted: string, labelledAtMs: number, by: 1 | -1): void => window.follow(tallies.add(label, predicted, labelledAtMs, by), label, predicted, by);

/** Brings windows up to stream time; merges old buckets. */
export function fit({ counted }: VersionState, streamMs: number): void {
  fitIn(counted.all, streamMs);
  fitIn(counted.audit, streamMs);
}
/** The same where labels were counted at this time, after `fit`. */
export function fitCounted({ counted }: VersionState, audit: boolean, streamMs: number): void {
  counted.all.window.fit(streamMs);
  if (audit) counted.audit.window.fit(streamMs);
}
function fitIn({ tallies, window }: Counted, streamMs: number): void {
  if (tallies.age(streamMs)) window.recount(streamMs);
  else window.fit(streamMs);
}
/** Shares are frozen per bucket, from what stood before the bucket's first label, and while labels are few whenever they have doubled. A window too small or too old to tell leaves it to all labels of the version. */
export function freeze(version: VersionState, streamMs: number): void {
  const { bucketMs, judgeOn } = version.rules;
  const bucket = Math.floor(streamMs / bucketMs) * bucketMs;
  const { window, tallies } = version.counted[judgeOn];
  if (bucket === version.coefficientsBucketMs && !isFreezePoint(window.labels)) return;
  scoreBy(version, coefficientsOf(window.labels < MIN_FOR_COEFFICIENTS ? tallies.cumulative() : window.cells, MIN_FOR_COEFFICIENTS));
  version.coefficientsBucketMs = bucket;
}
export function scoreBy(version: VersionState, coefficients: Coefficients | undefined): void {
  version.coefficients = coefficients;
  version.highest = coefficients === undefined ? 1 : highestScore(coefficients);
}
/** One label later, in every detector it concerns. */
export function feed(version: VersionState, label: string, predicted: string): void {
  const { minF1, minClassF1, minAccuracy } = version.rules;
  version.fed += 1;
  version.fedSinceAlarm += 1;
  const hit = label === predicted ? 1 : 0;
  const { coefficients, detectors } = version;
  if (coefficients !== undefined) put(detectors, WEIGHTED, minF1, influence(coefficients, label, predicted), version.highest);
  if (minAccuracy !== undefined) put(detectors, ACCURACY, minAccuracy, hit);
  if (minClassF1 === undefined) return;
  const share = hitShareFor(minClassF1);
  put(detectors, `${CATEGORY}${label}`, share, hit);
  if (hit === 0) put(detectors, `${CATEGORY}${predicted}`, share, hit);
}
function put(detectors: Map<string, Evidence>, name: string, threshold: number, score: number, highest?: number): void {
  const evidence = detectors.get(name);
  if (evidence !== undefined) detectors.set(name, weigh(evidence, threshold, score, highest));
}
export function restartDetectors(version: VersionState): void {
  version.detectors = freshDetectors(version.rules);
  version.fedSinceAlarm = 0;
}
/** The version serves again: its evidence, its rest and its window begin anew, its tallies stay, and its episodes go on counting. The bucket that is open now is not in the new window. */
export function startAfresh(version: VersionState, streamMs: number): void {
  restartDetectors(version);
  version.episode = { ...beforeFirstEpisode, episode: version.episode.episode };
  version.coefficientsBucketMs = -1;
  version.shown = 'warming';
  version.shownSinceMs = streamMs;
  version.freshFromMs = (Math.floor(streamMs / version.rules.bucketMs) + 1) * version.rules.bucketMs;
  fit(version, streamMs);
}
