// The monitor as one fold over one `labelled` partition: (state, Labelled) → (state, retrain requests). It knows no clock: every duration is stream
// time, the running maximum of labelled_at. The same log and settings give the same ids and the same bytes.
import { scoresOf } from '../../schemas/f1.ts';
import type { Cell, Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { driftRetrainId } from '../../schemas/ids.ts';
import { cellsOf } from '../../schemas/confusion.ts';
import { beforeFirstEpisode, decideEpisode, type EpisodeState } from './episode.ts';
import { hitShareFor, jointStatistic, noEvidence, statisticOf, weigh, type Evidence } from './evidence.ts';
import { coefficientsOf, scoreOf, type Coefficients } from './score.ts';
import { addTo, createTallies, type Bucket, type Cells, type Tallies } from './tallies.ts';
import { verdictOf } from './verdict.ts';
import { windowOf } from './window.ts';

export type MonitorRules = {
  readonly bucketMs: number; readonly windowLabels: number; readonly windowMaxAgeMs: number; readonly minF1: number; readonly minClassF1: number | undefined;
  readonly trigger: 'evidence' | 'window'; readonly minLabels: number; readonly falseAlarmEvery: number; readonly settleMs: number; readonly cooldownMs: number;
  readonly maxRetrainsPerDay: number; readonly categories: readonly string[];
};
/** Labels needed before shares are estimated; until then the score is accuracy. */
const MIN_FOR_COEFFICIENTS = 50;

type Unsettled = { readonly id: string; readonly dueMs: number; readonly predictedAt: number; label: string | null; readonly predicted: string };
export type VersionState = {
  readonly modelName: string; readonly modelVersion: string; readonly tallies: Tallies;
  detectors: Map<string, Evidence>; coefficients: Coefficients | undefined; coefficientsBucketMs: number;
  episode: EpisodeState; fed: number; fedSinceAlarm: number; newestPredictedAt: number; unsettled: Map<string, Unsettled>;
  added: number; removed: number; lastLabelledAt: number;
};
export const WEIGHTED = 'weighted';

export type Fold = {
  apply(event: Labelled, offset: bigint): RetrainRequested[];
  /** Snapshot records that changed since the last call, by key; undefined: gone. */
  changes(): ReadonlyMap<string, Tally | undefined>;
  restore(key: string, tally: Tally): void;
  readonly versions: () => readonly VersionState[];
  readonly streamMs: () => number;
  readonly offset: () => bigint;
};
type SavedDetector = {
  detectors: [string, number[]][]; coefficients: [string, { r: number; d: number; f: number }][] | null; coefficientsBucketMs: number; episode: EpisodeState; fed: number; fedSinceAlarm: number;
  newestPredictedAt: number; unsettled: Unsettled[]; added: number; removed: number; lastLabelledAt: number; streamMs: number; openedAtMs: number[];
};
const listOf = (cells: Cells): Cell[] => cellsOf(cells).map(([label, predicted, count]) => ({ label, predicted, count }));

export function createFold(rules: MonitorRules, partition: number): Fold {
  const versions = new Map<string, VersionState>();
  const openedAtMs = new Map<string, number[]>();
  const dirty = new Set<VersionState>();
  let streamMs = 0;
  let offset = -1n;

  const freshDetectors = (): Map<string, Evidence> => new Map([WEIGHTED, ...(rules.minClassF1 === undefined ? [] : rules.categories)].map((name) => [name, noEvidence]));
  function versionOf(modelName: string, modelVersion: string): VersionState {
    const key = `${modelName}/${modelVersion}`;
    const found = versions.get(key);
    if (found !== undefined) return found;
    const made: VersionState = {
      modelName, modelVersion, tallies: createTallies(rules.bucketMs), detectors: freshDetectors(), coefficients: undefined, coefficientsBucketMs: -1, episode: beforeFirstEpisode,
      fed: 0, fedSinceAlarm: 0, newestPredictedAt: 0, unsettled: new Map(), added: 0, removed: 0, lastLabelledAt: 0,
    };
    versions.set(key, made);
    return made;
  }
  const windowAt = (version: VersionState): ReturnType<typeof windowOf> => windowOf(version.tallies.buckets(), rules.windowLabels, rules.windowMaxAgeMs, streamMs);

  /** Shares are frozen per bucket, from what stood before the bucket's first label. */
  function freeze(version: VersionState): void {
    const bucket = Math.floor(streamMs / rules.bucketMs) * rules.bucketMs;
    if (bucket === version.coefficientsBucketMs) return;
    version.coefficients = coefficientsOf(windowAt(version).cells, MIN_FOR_COEFFICIENTS);
    version.coefficientsBucketMs = bucket;
  }

  function feed(version: VersionState, label: string, predicted: string, predictedAt: number): void {
    version.newestPredictedAt = Math.max(version.newestPredictedAt, predictedAt);
    if (streamMs < version.episode.restUntilMs) return;
    version.fed += 1;
    version.fedSinceAlarm += 1;
    for (const [name, evidence] of version.detectors) {
      if (name === WEIGHTED) version.detectors.set(name, weigh(evidence, rules.minF1, scoreOf(version.coefficients, label, predicted)));
      else if (rules.minClassF1 !== undefined && (label === name || predicted === name)) version.detectors.set(name, weigh(evidence, hitShareFor(rules.minClassF1), label === predicted ? 1 : 0));
    }
  }

  function judge(version: VersionState): RetrainRequested[] {
    const statistic = jointStatistic([...version.detectors.values()]);
    const verdict = rules.trigger === 'window' ? verdictOf(scoresOf(windowAt(version).cells), rules) : undefined;
    const alarm = rules.trigger === 'window' ? verdict?.status === 'degraded' : statistic >= rules.falseAlarmEvery;
    const opened = openedAtMs.get(version.modelName) ?? [];
    const decision = decideEpisode(version.episode, alarm, streamMs, opened, rules);
    switch (decision.status) {
      case 'quiet':
      case 'resting':
        return [];
      case 'pending':
        version.episode = decision.state;
        return [];
      case 'opened': {
        const window = windowAt(version);
        const scores = scoresOf(window.cells);
        const evidence = {
          trigger: rules.trigger, statistic, alarm_at: rules.falseAlarmEvery, labels_since_last_alarm: version.fedSinceAlarm, window_labels: window.labels, window_from_ms: window.fromMs ?? null,
          worst_category: scores.worst?.category ?? null, worst_f1: scores.worst?.f1 ?? null, labelled_partition: partition, labelled_offset: Number(offset),
          detectors: Object.fromEntries([...version.detectors].map(([name, one]) => [name, statisticOf(one)])),
        };
        version.episode = decision.state;
        version.detectors = freshDetectors();
        version.fedSinceAlarm = 0;
        openedAtMs.set(version.modelName, [...opened, streamMs].slice(-1000));
        return [{
          retrain_id: driftRetrainId(version.modelName, version.modelVersion, decision.state.episode), model_name: version.modelName, model_version: version.modelVersion, cause: 'drift',
          requested_at: streamMs, requested_by: 'monitor', threshold: rules.minF1, live_f1: scores.weighted ?? null, evidence_json: JSON.stringify(evidence), newest_predicted_at: version.newestPredictedAt, params_json: '{}', force: false,
        }];
      }
    }
  }

  /** With a settling time: the predictions whose time has come, in the order of (time, id). */
  function settle(version: VersionState): void {
    const due = [...version.unsettled.values()].filter((one) => one.dueMs <= streamMs).sort((a, b) => a.dueMs - b.dueMs || (a.id < b.id ? -1 : 1));
    for (const one of due) {
      version.unsettled.delete(one.id);
      if (one.label !== null) feed(version, one.label, one.predicted, one.predictedAt);
    }
  }

  return {
    apply(event, at) {
      offset = at;
      streamMs = Math.max(streamMs, event.labelled_at);
      const version = versionOf(event.model_name, event.model_version);
      dirty.add(version);
      freeze(version);
      if (event.previous_label !== null && event.previous_labelled_at !== null) {
        version.tallies.add(event.previous_label, event.predicted, event.previous_labelled_at, -1);
        version.removed += 1;
      }
      if (event.label !== null) {
        version.tallies.add(event.label, event.predicted, event.labelled_at, 1);
        version.added += 1;
        version.lastLabelledAt = Math.max(version.lastLabelledAt, event.labelled_at);
      }
      version.tallies.age(streamMs);
      if (rules.settleMs > 0) {
        const waiting = version.unsettled.get(event.prediction_id);
        if (waiting !== undefined) waiting.label = event.label;
        else if (event.revision === 0) version.unsettled.set(event.prediction_id, { id: event.prediction_id, dueMs: event.predicted_at + rules.settleMs, predictedAt: event.predicted_at, label: event.label, predicted: event.predicted });
        settle(version);
      } else if (event.revision === 0 && event.label !== null) feed(version, event.label, event.predicted, event.predicted_at);
      return judge(version);
    },
    changes() {
      const changes = new Map<string, Tally | undefined>();
      const at = { labelled_partition: partition, labelled_offset: Number(offset) };
      for (const version of dirty) {
        const { modelName: model_name, modelVersion: model_version } = version;
        const prefix = `${model_name}/${model_version}`;
        for (const [key, bucket] of version.tallies.changes()) {
          changes.set(`${prefix}/cells/${key}`, bucket === undefined ? undefined : { model_name, model_version, kind: 'cells', bucket_start_ms: bucket.startMs, bucket_length_ms: bucket.lengthMs, cells: listOf(bucket.cells), state_json: '', ...at });
        }
        const saved: SavedDetector = {
          detectors: [...version.detectors].map(([name, one]) => [name, [...one]]), coefficients: version.coefficients === undefined ? null : [...version.coefficients], coefficientsBucketMs: version.coefficientsBucketMs,
          episode: version.episode, fed: version.fed, fedSinceAlarm: version.fedSinceAlarm, newestPredictedAt: version.newestPredictedAt, unsettled: [...version.unsettled.values()], added: version.added, removed: version.removed,
          lastLabelledAt: version.lastLabelledAt, streamMs, openedAtMs: openedAtMs.get(model_name) ?? [],
        };
        changes.set(`${prefix}/detector`, { model_name, model_version, kind: 'detector', bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json: JSON.stringify(saved), ...at });
      }
      dirty.clear();
      return changes;
    },
    restore(_key, tally) {
      if (tally.kind !== 'cells' && tally.kind !== 'detector') return;
      const version = versionOf(tally.model_name, tally.model_version);
      const reflected = BigInt(tally.labelled_offset);
      if (reflected > offset) offset = reflected;
      if (tally.kind === 'cells') {
        const cells: Cells = new Map();
        for (const cell of tally.cells) addTo(cells, cell.label, cell.predicted, cell.count);
        const bucket: Bucket = { startMs: tally.bucket_start_ms, lengthMs: tally.bucket_length_ms, cells, labels: tally.cells.reduce((sum, cell) => sum + cell.count, 0) };
        version.tallies.restore(bucket);
        return;
      }
      const saved = JSON.parse(tally.state_json) as SavedDetector;
      Object.assign(version, { coefficients: saved.coefficients === null ? undefined : new Map(saved.coefficients), coefficientsBucketMs: saved.coefficientsBucketMs, episode: saved.episode, fed: saved.fed, fedSinceAlarm: saved.fedSinceAlarm, newestPredictedAt: saved.newestPredictedAt, added: saved.added, removed: saved.removed, lastLabelledAt: saved.lastLabelledAt });
      // Detectors are those of the settings in force; evidence of one that has gone is dropped.
      for (const [name, evidence] of saved.detectors) if (version.detectors.has(name)) version.detectors.set(name, evidence);
      version.unsettled = new Map(saved.unsettled.map((one) => [one.id, one]));
      streamMs = Math.max(streamMs, saved.streamMs);
      const known = openedAtMs.get(tally.model_name) ?? [];
      if (saved.openedAtMs.length >= known.length) openedAtMs.set(tally.model_name, saved.openedAtMs);
    },
    versions: () => [...versions.values()],
    streamMs: () => streamMs,
    offset: () => offset,
  };
}
