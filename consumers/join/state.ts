// The state of one partition number between restarts: opens its disk store, throws it away when it cannot be what the log says, and saves it behind the commits.
import { rmSync } from 'node:fs';
import { messageOf, transient } from '../../schemas/failure.ts';
import type { TopicName } from '../../schemas/topics.ts';
import type { Incoming } from '../record.ts';
import { WHAT_TO_DO, type Opening } from '../shard.ts';
import { openDiskStore, type Checkpoint, type DiskStore, type Reach } from './diskStore.ts';
import type { Side } from './join.ts';
import type { WriteAt } from './segments.ts';

export const JOIN_TOPICS = ['predictions', 'feedback'] as const satisfies readonly TopicName[];
/** A save costs one write and a seal of a kilobyte or more; so many bytes or so much time are lost by a kill, and replayed, at most. */
const SAVE_BYTES = 1024 * 1024;
const SAVE_EVERY_MS = 15_000;
/** A full disk: one goes on in memory, trying so often, until so much is not saved. */
const TRY_AGAIN_MS = 2000;
const MOST_UNSAVED_BYTES = 64 * 1024 * 1024;

export type JoinState = {
  readonly store: DiskStore;
  /** Where reading begins: at the last record the state knows, by which the log is recognised. */
  readonly from: ReadonlyMap<TopicName, bigint>;
  /** false: the state holds this record already. When the log is another one: throws transient `state_differs`, after deleting the state; or, where its id says that it is the same, transient `log_cut`: its end was lost, and others wrote over it what nobody has read. */
  take(side: Side, record: Incoming): boolean;
  /** Saves when it is worth it. A save that fails is told and tried again; throws transient `state_unwritable` when too much is unsaved. Only when Kafka has committed all that was taken, or all of it is below the committed positions. */
  keep(nowMs: number): void;
  /** saving: nothing uncommitted has been taken. */
  close(saving: boolean): void;
};

type Options = {
  readonly dir: string; readonly fingerprint: string; readonly opening: Opening;
  /** Saving has begun to fail, for this reason; undefined: it works again. */
  readonly onUnsaved?: (reason: string | undefined) => void;
  /** For tests. */
  readonly mostUnsavedBytes?: number;
  readonly writeAt?: WriteAt;
};
/** Throws transient `state_unwritable` when the folder can be neither read nor made. */
export async function openState({ dir, fingerprint, opening: { partition, positions, lows, logIds }, onUnsaved = () => undefined, mostUnsavedBytes = MOST_UNSAVED_BYTES, writeAt }: Options): Promise<JoinState> {
  const lowOf = (side: Side): number => Number(lows.get(side) ?? 0n);
  /** Ahead of what is committed, or with a gap to what still stands: not this log's state. */
  const inDoubt = (checkpoint: Checkpoint): boolean => JOIN_TOPICS.some((side) => checkpoint[side].next > Number(positions.get(side) ?? 0n) || checkpoint[side].next < lowOf(side));
  const unwritable = (cause: unknown): Error => transient('state_unwritable', `the join's state in ${dir} cannot be written (${messageOf(cause)}): make room, or make the folder writable; until then nothing is lost, and nothing goes on`, { cause });
  const openStore = (): Promise<DiskStore> => openDiskStore(dir, fingerprint, undefined, writeAt).catch((cause: unknown) => {
    throw unwritable(cause);
  });
  let store = await openStore();
  if (store.checkpoint !== undefined && inDoubt(store.checkpoint)) {
    store.close();
    rmSync(dir, { recursive: true, force: true });
    store = await openStore();
  }
  const start = (side: Side): Reach => store.checkpoint?.[side] ?? { next: lowOf(side), last: null };
  const reach: Record<Side, Reach> = { predictions: start('predictions'), feedback: start('feedback') };
  /** The record taken last: what is told of it in a checkpoint is made only then. */
  const newest: Record<Side, Incoming | undefined> = { predictions: undefined, feedback: undefined };
  const keyOf = (record: Incoming): string => record.key?.toString('latin1') ?? '';
  const reached = (side: Side): Reach => {
    const record = newest[side];
    return record === undefined ? reach[side] : { next: Number(record.offset) + 1, last: { offset: Number(record.offset), timeMs: record.timestampMs, key: keyOf(record) } };
  };
  const save = (): void => store.save({ predictions: reached('predictions'), feedback: reached('feedback') });
  const recognised: Record<Side, boolean> = { predictions: false, feedback: false };
  const overlap = (side: Side): number => {
    const { last, next } = reach[side];
    return last !== null && last.offset >= lowOf(side) ? last.offset : next;
  };
  const from = new Map<TopicName, bigint>(JOIN_TOPICS.map((side) => [side, BigInt(overlap(side))]));
  for (const side of JOIN_TOPICS) recognised[side] = overlap(side) === reach[side].next;
  let savedAtMs = Number.NEGATIVE_INFINITY;
  let failing = false;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  /** A clock that was set back must not keep us from trying. */
  const isLong = (sinceMs: number, nowMs: number, longMs: number): boolean => nowMs - sinceMs >= longMs || nowMs < sinceMs;

  return {
    store, from,
    take(side, record) {
      if (!recognised[side]) {
        const { last } = reach[side];
        if (last === null || Number(record.offset) !== last.offset || record.timestampMs !== last.timeMs || keyOf(record) !== last.key) {
          store.close();
          // The state is the witness: it stays, so that the next opening knows as well.
          if (logIds.has(side)) throw transient('log_cut', `the record at ${last?.offset ?? 'the end'} of ${side}-${partition} is not the one that was read: the broker has lost the end of the log, and other records stand in its place, up to ${positions.get(side) ?? 0n} unread. ${WHAT_TO_DO}`);
          rmSync(dir, { recursive: true, force: true });
          throw transient('state_differs', `the state in ${dir} is of another log than ${side}: it is rebuilt`);
        }
        recognised[side] = true;
      }
      const before = newest[side];
      if (before === undefined ? Number(record.offset) < reach[side].next : record.offset <= before.offset) return false;
      newest[side] = record;
      return true;
    },
    keep(nowMs) {
      const bytes = store.unsavedBytes();
      if (bytes === 0 || (bytes < SAVE_BYTES && !isLong(savedAtMs, nowMs, SAVE_EVERY_MS)) || (failing && !isLong(triedAtMs, nowMs, TRY_AGAIN_MS))) return;
      triedAtMs = nowMs;
      try {
        save();
      } catch (cause) {
        if (bytes > mostUnsavedBytes) throw unwritable(cause);
        if (!failing) onUnsaved(`${dir}: ${messageOf(cause)}`);
        failing = true;
        return;
      }
      if (failing) onUnsaved(undefined);
      failing = false;
      savedAtMs = nowMs;
    },
    close(saving) {
      try {
        if (saving && store.unsavedBytes() > 0) save();
      } finally {
        store.close();
      }
    },
  };
}
