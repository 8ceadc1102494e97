// The fold's state as records of `tallies`, and back: one per bucket, one per version, one per partition; only what changed is written.
import { forEachCell } from '../../schemas/confusion.ts';
import type { Cell, Tally } from '../../schemas/events.ts';
import { addTo, type Cells } from './cells.ts';
import type { EpisodeState } from './episode.ts';
import type { Evidence } from './evidence.ts';
import type { Common } from './fold.ts';
import type { Bucket, Lengths } from './tallies.ts';
import { restoreSources, saveSources, type SavedSources } from './sources.ts';
import type { Shown } from './verdict.ts';
import { freshDetectors, scoreBy, type Basis, type VersionState } from './version.ts';

/** Of the records below. A snapshot of another format is not read: the log is folded again. */
const FORMAT = 2;
const KIND: Readonly<Record<Basis, string>> = { all: 'cells', audit: 'audit' };
const BASES = ['all', 'audit'] as const satisfies readonly Basis[];
type SavedVersion = {
  readonly detectors: readonly (readonly [string, Evidence])[]; readonly coefficients: readonly (readonly [string, { readonly r: number; readonly d: number; readonly f: number }])[] | null; readonly coefficientsBucketMs: number;
  readonly episode: EpisodeState; readonly shown: Shown; readonly shownSinceMs: number; readonly fed: number; readonly fedSinceAlarm: number; readonly newestPredictedAt: number; readonly added: number; readonly removed: number;
  readonly lastLabelledAt: number; /** these are absent in older records */ readonly freshFromMs?: number; readonly sources?: SavedSources; readonly bucketLengths: Lengths; readonly agedMs: Readonly<Record<Basis, number>>;
};
type SavedPartition = { readonly format: number; readonly streamMs: number; readonly recallFrom: number | null; readonly openedAtMs: readonly (readonly [string, readonly number[]])[]; /** of `labelled`; absent in older records */ readonly logId?: string };

function listOf(cells: Cells): Cell[] {
  const list: Cell[] = [];
  forEachCell(cells, (label, predicted, count) => void list.push({ label, predicted, count }));
  return list;
}
const partitionKey = (partition: number): string => `partition/${partition}`;
/** The JSON of a record; undefined where it is none of ours. */
function savedIn<S extends SavedPartition | SavedVersion>({ state_json }: Tally, lists: readonly (keyof S)[]): S | undefined {
  try {
    const read: unknown = JSON.parse(state_json);
    return typeof read === 'object' && read !== null && lists.every((name) => Array.isArray(Reflect.get(read, name))) ? (read as S) : undefined;
  } catch {
    return undefined;
  }
}
/** Whether these records are a whole snapshot in today's format. What is damaged is no reason to fall: the log is folded again. */
export function isReadable(records: ReadonlyMap<string, Tally>, partition: number): boolean {
  const common = records.get(partitionKey(partition));
  if (common === undefined || savedIn<SavedPartition>(common, ['openedAtMs'])?.format !== FORMAT) return false;
  return [...records.values()].every((tally) => tally.kind !== 'detector' || savedIn<SavedVersion>(tally, ['detectors', 'bucketLengths']) !== undefined);
}

/** The id of the `labelled` whose offsets these records name; undefined where it was not noted, or cannot be read. */
export function logIdIn(records: ReadonlyMap<string, Tally>, partition: number): string | undefined {
  const common = records.get(partitionKey(partition));
  const logId: unknown = common === undefined ? undefined : savedIn<SavedPartition>(common, ['openedAtMs'])?.logId;
  return typeof logId === 'string' ? logId : undefined;
}

export type Snapshot = {
  changes(dirty: Iterable<VersionState>): ReadonlyMap<string, Tally | undefined>;
  /** Throws RangeError when the records are not readable. onOffset: told first, before any version is made. */
  restore(records: ReadonlyMap<string, Tally>, onOffset: (offset: number) => void): void;
};
export function createSnapshot(partition: number, common: Common, versionOf: (modelName: string, modelVersion: string) => VersionState): Snapshot {
  /** Written out, not spread: there are thousands of them after a large batch. */
  const recordOf = (modelName: string, modelVersion: string, kind: string, bucket: Bucket | undefined, stateJson: string): Tally => ({
    model_name: modelName, model_version: modelVersion, kind, bucket_start_ms: bucket?.startMs ?? 0, bucket_length_ms: bucket?.lengthMs ?? 0, cells: bucket === undefined ? [] : listOf(bucket.cells), state_json: stateJson, labelled_partition: partition, labelled_offset: common.offset,
  });
  function putRecords(version: VersionState, changes: Map<string, Tally | undefined>): void {
    const { modelName, modelVersion } = version;
    const prefix = `${modelName}/${modelVersion}`;
    for (const basis of BASES) {
      const kind = KIND[basis];
      for (const [key, bucket] of version.counted[basis].tallies.changes()) changes.set(`${prefix}/${kind}/${key}`, bucket && recordOf(modelName, modelVersion, kind, bucket, ''));
    }
    const { detectors, coefficients, coefficientsBucketMs, episode, shown, shownSinceMs, fed, fedSinceAlarm, newestPredictedAt, added, removed, lastLabelledAt, bucketLengths, freshFromMs, sources, counted } = version;
    const saved: SavedVersion = {
      detectors: [...detectors], coefficients: coefficients === undefined ? null : [...coefficients], coefficientsBucketMs, episode, shown, shownSinceMs, fed, fedSinceAlarm, newestPredictedAt, added, removed, lastLabelledAt, freshFromMs, bucketLengths, sources: saveSources(sources),
      agedMs: { all: counted.all.tallies.agedMs(), audit: counted.audit.tallies.agedMs() },
    };
    changes.set(`${prefix}/detector`, recordOf(modelName, modelVersion, 'detector', undefined, JSON.stringify(saved)));
  }
  function restoreVersion(version: VersionState, { detectors, coefficients, agedMs, sources, ...plain }: SavedVersion, buckets: Readonly<Record<Basis, readonly Bucket[]>>): void {
    const guards = new Map(freshDetectors(version.rules));
    for (const [name, evidence] of detectors) guards.set(name, evidence);
    Object.assign(version, plain, { detectors: guards, sources: restoreSources(sources) });
    scoreBy(version, coefficients === null ? undefined : new Map(coefficients));
    for (const basis of BASES) {
      version.counted[basis].tallies.restore(buckets[basis], agedMs[basis]);
      version.counted[basis].window.recount(common.streamMs);
    }
  }
  return {
    changes(dirty) {
      const changes = new Map<string, Tally | undefined>();
      let any = false;
      for (const version of dirty) {
        any = true;
        putRecords(version, changes);
      }
      const saved: SavedPartition = { format: FORMAT, streamMs: common.streamMs, recallFrom: common.recallFrom ?? null, openedAtMs: [...common.openedAtMs], ...(common.logId === undefined ? {} : { logId: common.logId }) };
      if (any) changes.set(partitionKey(partition), recordOf('', '', 'partition', undefined, JSON.stringify(saved)));
      return changes;
    },
    restore(records, onOffset) {
      const whole = records.get(partitionKey(partition));
      if (whole === undefined || !isReadable(records, partition)) throw new RangeError(`the snapshot of partition ${partition} is not of format ${FORMAT}`);
      const saved = JSON.parse(whole.state_json) as SavedPartition;
      onOffset(whole.labelled_offset);
      common.streamMs = saved.streamMs;
      common.recallFrom = saved.recallFrom ?? undefined;
      for (const [model, times] of saved.openedAtMs) common.openedAtMs.set(model, [...times]);
      const buckets = new Map<string, Record<Basis, Bucket[]>>();
      for (const tally of records.values()) {
        const basis = BASES.find((one) => KIND[one] === tally.kind);
        if (basis === undefined) continue;
        const cells: Cells = new Map();
        for (const cell of tally.cells) addTo(cells, cell.label, cell.predicted, cell.count);
        const key = `${tally.model_name}/${tally.model_version}`;
        const lists = buckets.get(key) ?? { all: [], audit: [] };
        buckets.set(key, lists);
        lists[basis].push({ startMs: tally.bucket_start_ms, lengthMs: tally.bucket_length_ms, cells, labels: tally.cells.reduce((sum, cell) => sum + cell.count, 0) });
      }
      for (const tally of records.values()) {
        if (tally.kind === 'detector') restoreVersion(versionOf(tally.model_name, tally.model_version), JSON.parse(tally.state_json) as SavedVersion, buckets.get(`${tally.model_name}/${tally.model_version}`) ?? { all: [], audit: [] });
      }
    },
  };
}
