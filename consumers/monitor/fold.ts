// The monitor as one fold over one `labelled` partition: (state, Labelled) → (state, retrain requests). It knows no clock: every duration is stream
// time, the running maximum of labelled_at. The same log and eras of settings give the same ids and the same bytes.
import { scoresFrom } from '../../schemas/f1.ts';
import type { Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { driftRetrainId } from '../../schemas/ids.ts';
import { decideEpisode } from './episode.ts';
import { jointStatistic, statisticOf } from './evidence.ts';
import { restartsEvidence, rulesFor, type Era, type MonitorRules, type Restart } from './rules.ts';
import { createSettling } from './settling.ts';
import { hearSource } from './sources.ts';
import { createSnapshot } from './snapshot.ts';
import { shownNext, statusOf } from './verdict.ts';
import { count, createVersion, feed, fit, fitCounted, freeze, restartDetectors, startAfresh, type VersionState } from './version.ts';

export type Fold = {
  /** Returns what it orders. A label that was applied before (an offset not above `offset()`) changes nothing. */
  apply(event: Labelled, offset: number): RetrainRequested[];
  /** After `restore`, and before the first `apply`: labels from `recallFrom()` up to `offset()`, in order. They were judged; some of them still wait for their time. */
  recall(event: Labelled, offset: number): void;
  /** Where `recall` must begin; undefined: nothing to recall. */
  readonly recallFrom: () => number | undefined;
  /** Snapshot records that changed since the last call, by key; undefined: gone. */
  changes(): ReadonlyMap<string, Tally | undefined>;
  /** All standing snapshot records of this partition, once, before anything else. */
  restore(snapshot: ReadonlyMap<string, Tally>): void;
  /** This version serves again: it is judged afresh from the label at `fromOffset` on, which is to come. */
  startAfresh(restart: Restart, fromOffset: number): void;
  readonly versions: () => readonly VersionState[];
  /** Rules for a model in the newest era: in force from the next label on. */
  readonly newestRules: (modelName: string) => MonitorRules;
  readonly streamMs: () => number;
  /** Of the last label applied, −1 before the first. */
  readonly offset: () => number;
};
/** The part of the state that belongs to no version. */
export type Common = { streamMs: number; offset: number; recallFrom: number | undefined; readonly openedAtMs: Map<string, number[]>; /** of the `labelled` that is folded, where it is known */ readonly logId: string | undefined };
/** Openings kept per model: more than any daily cap looks back. */
const KEPT_OPENINGS = 1000;
const NONE: readonly number[] = [];

/** eras: rising fromOffset; the first judges everything before the second. */
export function createFold(partition: number, known: readonly Era[], logId?: string): Fold {
  const eras = [...known];
  const versions: VersionState[] = [];
  const byModel = new Map<string, Map<string, VersionState>>();
  const dirty = new Set<VersionState>();
  const common: Common = { streamMs: 0, offset: -1, recallFrom: undefined, openedAtMs: new Map(), logId };
  const settling = createSettling();
  let current = eras[0];
  let next = 1;

  const rulesAt = (era: Era | undefined, modelName: string): MonitorRules => {
    if (era === undefined) throw new RangeError('a fold needs at least one era of settings');
    return rulesFor(era.book, modelName);
  };
  const rulesOf = (modelName: string): MonitorRules => rulesAt(current, modelName);
  function versionOf(modelName: string, modelVersion: string): VersionState {
    let ofModel = byModel.get(modelName);
    if (ofModel === undefined) byModel.set(modelName, (ofModel = new Map<string, VersionState>()));
    let version = ofModel.get(modelVersion);
    if (version === undefined) {
      ofModel.set(modelVersion, (version = createVersion(modelName, modelVersion, rulesOf(modelName))));
      versions.push(version);
    }
    return version;
  }
  /** Moves on to the era of `offset`. */
  function enter(offset: number): void {
    for (let era = eras[next]; era !== undefined && era.fromOffset <= offset; era = eras[next]) {
      current = era;
      next += 1;
      const { afresh } = era;
      if (afresh === undefined) for (const version of versions) change(version, rulesOf(version.modelName));
      else begin(afresh);
    }
  }
  function begin({ modelName, modelVersion }: Restart): void {
    const version = byModel.get(modelName)?.get(modelVersion);
    if (version === undefined) return;
    startAfresh(version, common.streamMs);
    dirty.add(version);
  }
  function change(version: VersionState, rules: MonitorRules): void {
    const before = version.rules;
    version.rules = rules;
    if (restartsEvidence(before, rules)) {
      restartDetectors(version);
      version.episode = { ...version.episode, pending: false };
    }
    // The shares may now be of other labels.
    if (before.judgeOn !== rules.judgeOn) version.coefficientsBucketMs = -1;
    if (before.bucketMs !== rules.bucketMs) version.bucketLengths = [...version.bucketLengths, { fromMs: common.streamMs + 1, lengthMs: rules.bucketMs }];
    fit(version, common.streamMs);
    dirty.add(version);
  }

  /** Gives one label to the detectors, unless they rest, and opens an episode when that is an alarm: what is ordered goes to `orders`. */
  function hear(version: VersionState, source: string, label: string, predicted: string, predictedAt: number, audit: boolean, orders: RetrainRequested[]): void {
    if (!hearSource(version.sources, source, label, label === predicted, common.streamMs, version.rules)) return;
    version.newestPredictedAt = Math.max(version.newestPredictedAt, predictedAt);
    if (version.rules.judgeOn === 'audit' && !audit) return;
    if (common.streamMs >= version.episode.restUntilMs) feed(version, label, predicted);
    if (version.rules.trigger === 'evidence') decide(version, jointStatistic(version.detectors.values()) >= version.rules.falseAlarmEvery, orders);
  }

  function decide(version: VersionState, alarm: boolean, orders: RetrainRequested[]): void {
    const { rules, modelName, modelVersion } = version;
    const opened = common.openedAtMs.get(modelName) ?? NONE;
    const decision = decideEpisode(version.episode, alarm, common.streamMs, opened, rules);
    switch (decision.status) {
      case 'quiet':
      case 'resting':
        return;
      case 'pending':
        version.episode = decision.state;
        return;
      case 'opened': {
        const { window } = version.counted[rules.judgeOn];
        const scores = scoresFrom(window.marginals);
        const evidence = {
          trigger: rules.trigger, judged_on: rules.judgeOn, statistic: jointStatistic(version.detectors.values()), alarm_at: rules.falseAlarmEvery, labels_since_last_alarm: version.fedSinceAlarm, labels_total: version.added - version.removed,
          window_labels: window.labels, window_from_ms: window.fromMs ?? null, worst_category: scores.worst?.category ?? null, worst_f1: scores.worst?.f1 ?? null, labelled_partition: partition, labelled_offset: common.offset,
          detectors: Object.fromEntries([...version.detectors].map(([name, one]) => [name, statisticOf(one)])),
        };
        version.episode = decision.state;
        restartDetectors(version);
        common.openedAtMs.set(modelName, [...opened, common.streamMs].slice(-KEPT_OPENINGS));
        orders.push({
          retrain_id: driftRetrainId(modelName, modelVersion, decision.state.episode), model_name: modelName, model_version: modelVersion, cause: 'drift',
          requested_at: common.streamMs, requested_by: 'monitor', threshold: rules.minF1, live_f1: scores.weighted ?? null, evidence_json: JSON.stringify(evidence), newest_predicted_at: version.newestPredictedAt, params_json: '{}', force: false,
        });
      }
    }
  }

  /** The predictions whose time has come, of every version, each judged on its own. */
  function settle(orders: RetrainRequested[]): void {
    for (let one = settling.next(common.streamMs); one !== undefined; one = settling.next(common.streamMs)) {
      if (one.label === null) continue;
      const version = versionOf(one.modelName, one.modelVersion);
      dirty.add(version);
      fit(version, common.streamMs);
      freeze(version, common.streamMs);
      hear(version, one.source, one.label, one.predicted, one.predictedAt, one.audit, orders);
    }
  }
  /** Of a first label: when it may speak. */
  const dueOf = (event: Labelled, rules: MonitorRules): number => event.predicted_at + rules.settleMs;
  const wait = (event: Labelled, dueMs: number, offset: number): void => settling.add({ id: event.prediction_id, modelName: event.model_name, modelVersion: event.model_version, dueMs, predictedAt: event.predicted_at, predicted: event.predicted, audit: event.audit, label: event.label, source: event.source, offset });

  function apply(event: Labelled, offset: number): RetrainRequested[] {
    if (offset <= common.offset) return [];
    enter(offset);
    common.offset = offset;
    common.streamMs = Math.max(common.streamMs, event.labelled_at);
    const { streamMs } = common;
    const orders: RetrainRequested[] = [];
    settle(orders);
    const version = versionOf(event.model_name, event.model_version);
    const { rules } = version;
    dirty.add(version);
    fit(version, streamMs);
    freeze(version, streamMs);
    if (event.previous_label !== null && event.previous_labelled_at !== null) {
      count(version, event.audit, event.previous_label, event.predicted, event.previous_labelled_at, -1);
      version.removed += 1;
    }
    if (event.label !== null) {
      count(version, event.audit, event.label, event.predicted, event.labelled_at, 1);
      version.added += 1;
      version.lastLabelledAt = Math.max(version.lastLabelledAt, event.labelled_at);
    }
    fitCounted(version, event.audit, streamMs);
    const waits = settling.relabel(event.prediction_id, event.label, event.source);
    if (event.revision === 0 && event.label !== null) {
      if (!waits && rules.settleMs > 0 && dueOf(event, rules) > streamMs) wait(event, dueOf(event, rules), offset);
      else hear(version, event.source, event.label, event.predicted, event.predicted_at, event.audit, orders);
    }
    const judged = version.counted[rules.judgeOn].window;
    const shown = shownNext(version.shown, judged, rules, rules.recoverMargin);
    if (shown !== version.shown) {
      version.shown = shown;
      version.shownSinceMs = streamMs;
    }
    // An alarm that waits for the daily cap is heard at any label.
    if (rules.trigger === 'window' || version.episode.pending) decide(version, rules.trigger === 'window' && statusOf(judged, rules) === 'degraded', orders);
    common.recallFrom = settling.oldestOffset();
    return orders;
  }

  const snapshot = createSnapshot(partition, common, versionOf);
  return {
    apply,
    recall(event, offset) {
      if (settling.relabel(event.prediction_id, event.label, event.source) || event.revision > 0) return;
      const era = eras.findLast((one) => one.fromOffset <= offset) ?? eras[0];
      const rules = rulesAt(era, event.model_name);
      if (rules.settleMs > 0 && dueOf(event, rules) > common.streamMs) wait(event, dueOf(event, rules), offset);
    },
    recallFrom: () => common.recallFrom,
    changes() {
      const changes = snapshot.changes(dirty);
      dirty.clear();
      return changes;
    },
    restore(records) {
      snapshot.restore(records, (offset) => {
        common.offset = offset;
        for (let era = eras[next]; era !== undefined && era.fromOffset <= offset; era = eras[next]) {
          current = era;
          next += 1;
        }
      });
    },
    startAfresh(restart, fromOffset) {
      const newest = eras.at(-1);
      if (newest !== undefined) eras.push({ fromOffset, book: newest.book, afresh: restart });
    },
    versions: () => versions,
    newestRules: (modelName) => rulesAt(eras.at(-1), modelName),
    streamMs: () => common.streamMs,
    offset: () => common.offset,
  };
}
