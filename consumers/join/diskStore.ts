// The join's memory on disk: a cache of the log, with a checkpoint of the offsets it reflects. Entries are frames of an append-only log, found by a hash index in
// typed arrays; the log itself is the queue from which they are freed. Changes stay in memory until `save`, which is called only after Kafka has committed them,
// so what is on disk is never ahead of the committed positions. In doubt (another format, other rules, another boot, a damaged file) it is thrown away and rebuilt.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { createShapes, decodeEntry, encodeEntry, FORMAT } from './entryCodec.ts';
import { bodyAt, FEEDBACK_CAME, flagsAt, hashAt, isOf, lengthAt, PREDICTION_CAME, previousAt, REMOVED, segmentOf, SPAN } from './frames.ts';
import { scanBatches } from './scan.ts';
import { createSlots, hashOf, type Slots } from './slots.ts';
import { openSegments, type WriteAt } from './segments.ts';
import type { Walk } from './walk.ts';
import type { VersionMix } from './mix.ts';
import { noSums, type Covered, type JoinStore, type Queue, type Shape } from './store.ts';

/** How far one input has been read. last: the last record delivered, by which the log is recognised. */
export type Reach = { readonly next: number; readonly last: { readonly offset: number; readonly timeMs: number; readonly key: string } | null };
export type Checkpoint = { readonly predictions: Reach; readonly feedback: Reach };
export type DiskStore = JoinStore & {
  /** What stood on disk when it was opened; undefined: an empty store. */
  readonly checkpoint: Checkpoint | undefined;
  /** Bytes of changes not yet on disk. */
  readonly unsavedBytes: () => number;
  /** Appends all changes and the checkpoint. Only after Kafka has committed them. When it throws, all is as before, and it may be tried again. */
  save(checkpoint: Checkpoint): void;
  readonly figures: () => { readonly entries: number; readonly indexBytes: number; readonly fileBytes: number; readonly unsavedBytes: number };
  close(): void;
};
/** first: the oldest segment that this state needs. */
type Seal = { readonly format: number; readonly first: number; readonly fingerprint: string; readonly boot: string; readonly checkpoint: Checkpoint; readonly shapes: readonly Shape[]; readonly unlabelled: number; readonly held: number; readonly coverage: readonly [string, Covered][]; readonly mixes: readonly [string, VersionMix][]; readonly freed: { readonly predictions: number; readonly held: number } };
const BOOT_FILE = '/proc/sys/kernel/random/boot_id';
/** Loading stops this often for others, e.g. the heartbeat. */
const BREATHE_BYTES = 16 * 1024 * 1024;

/** Positions of live entries, and how many of them each segment holds. */
function createIndex(): Slots & { readonly livesIn: (segment: number) => number; readonly forget: (segment: number) => void } {
  const slots = createSlots();
  const lives = new Map<number, number>();
  const count = (segment: number, by: number): void => void lives.set(segment, (lives.get(segment) ?? 0) + by);
  return {
    ...slots,
    livesIn: (segment) => lives.get(segment) ?? 0,
    forget: (segment) => void lives.delete(segment),
    insert(hash, position) {
      slots.insert(hash, position);
      count(segmentOf(position), 1);
    },
    move(hash, from, to) {
      if (!slots.move(hash, from, to)) return false;
      if (segmentOf(from) === segmentOf(to)) return true;
      count(segmentOf(from), -1);
      count(segmentOf(to), 1);
      return true;
    },
    remove(hash, position) {
      if (!slots.remove(hash, position)) return false;
      count(segmentOf(position), -1);
      return true;
    },
  };
}
type Index = ReturnType<typeof createIndex>;

/** Reads the folder into the index. undefined: nothing there, or in doubt. */
async function load(dir: string, index: Index, fingerprint: string, boot: string): Promise<Seal | undefined> {
  if (!existsSync(dir)) return undefined;
  let seal: Seal | undefined;
  let oldest: number | undefined;
  let unbroken = 0;
  for (const batch of scanBatches(dir)) {
    const { bytes, from, to, position } = batch;
    for (let at = from; at < to; at += lengthAt(bytes, at)) {
      const hash = hashAt(bytes, at);
      const previous = previousAt(bytes, at);
      if ((flagsAt(bytes, at) & REMOVED) !== 0) index.remove(hash, previous);
      else if (previous === 0 || !index.move(hash, previous, position + at - from)) index.insert(hash, position + at - from);
    }
    seal = JSON.parse(batch.seal) as Seal;
    if (seal.format !== FORMAT || seal.fingerprint !== fingerprint || seal.boot !== boot) return undefined;
    oldest ??= segmentOf(position);
    unbroken += to - from;
    if (unbroken < BREATHE_BYTES) continue;
    unbroken = 0;
    await breathe();
  }
  // A torn end leaves an older seal in force: what it needs must stand still.
  return seal !== undefined && oldest !== undefined && oldest <= seal.first ? seal : undefined;
}

/** dir: this store's own folder; no other process may have it open. fingerprint: of every rule that shapes the state. segmentBytes, writeAt: for tests. */
export async function openDiskStore(dir: string, fingerprint: string, segmentBytes?: number, writeAt?: WriteAt): Promise<DiskStore> {
  const boot = existsSync(BOOT_FILE) ? readFileSync(BOOT_FILE, 'utf8').trim() : '';
  // Nobody outside knows the boot's id: ids cannot be chosen so that they collide.
  const salt = hashOf(boot + fingerprint, 0);
  let index = createIndex();
  const seal = await load(dir, index, fingerprint, boot).catch(() => undefined);
  if (seal === undefined) {
    rmSync(dir, { recursive: true, force: true });
    index = createIndex();
  }
  const log = openSegments(dir, segmentBytes, writeAt);
  const shapes = createShapes(seal?.shapes ?? []);
  const first = log.oldest() * SPAN;
  const walks = { predictions: log.walk(PREDICTION_CAME, Math.max(first, seal?.freed.predictions ?? 0)), held: log.walk(FEEDBACK_CAME, Math.max(first, seal?.freed.held ?? 0)) };
  const sums = noSums();
  if (seal !== undefined) Object.assign(sums, { unlabelled: seal.unlabelled, held: seal.held, coverage: new Map(seal.coverage), mixes: new Map(seal.mixes) });

  /** The entry asked for last and where it stands: it is what is put back next. */
  let askedId: string | undefined;
  let askedHash = 0;
  let askedPosition = 0;
  const isAsked = (position: number): boolean => {
    const { bytes, at } = log.read(position);
    return isOf(bytes, at, askedId ?? '');
  };
  function locate(id: string): void {
    askedId = id;
    askedHash = hashOf(id, salt);
    askedPosition = index.find(askedHash, isAsked);
  }
  const queueOf = (walk: Walk): Queue => ({
    oldestMs: () => walk.peek()?.timeMs,
    shift() {
      const found = walk.peek();
      if (found !== undefined) walk.advance();
      return found;
    },
  });
  return {
    checkpoint: seal?.checkpoint,
    predictions: queueOf(walks.predictions),
    held: queueOf(walks.held),
    sums,
    get(id) {
      locate(id);
      if (askedPosition === 0) return undefined;
      // What `find` has just compared is still where it was read.
      const { bytes, at } = log.found;
      return decodeEntry(bytes, bodyAt(bytes, at), shapes);
    },
    put(id, entry, came) {
      if (askedId !== id) locate(id);
      const previous = askedPosition;
      const item = came === 'prediction' ? entry.prediction : came === 'feedback' ? entry.held.at(-1) : undefined;
      const flags = item === undefined ? 0 : came === 'prediction' ? PREDICTION_CAME : FEEDBACK_CAME;
      const position = log.begin(askedHash, flags, previous, item?.timeMs ?? 0, id);
      encodeEntry(log.tail, shapes, entry);
      log.finish();
      if (previous === 0) index.insert(askedHash, position);
      else index.move(askedHash, previous, position);
      askedPosition = position;
    },
    remove(id) {
      if (askedId !== id) locate(id);
      const position = askedPosition;
      askedId = undefined;
      if (position === 0) return;
      index.remove(askedHash, position);
      log.begin(askedHash, REMOVED, position, 0, '');
      log.finish();
    },
    unsavedBytes: log.unwrittenBytes,
    save(checkpoint) {
      const freed = { predictions: walks.predictions.position(), held: walks.held.position() };
      // A segment that both queues have passed and in which nothing lives any more is given back. Entries live no longer than the queues take to pass them, so none stays for long.
      const passed = segmentOf(Math.min(freed.predictions, freed.held));
      let needed = log.oldest();
      while (needed < passed && index.livesIn(needed) === 0) needed += 1;
      const next: Seal = { format: FORMAT, first: needed, fingerprint, boot, checkpoint, shapes: shapes.all, unlabelled: sums.unlabelled, held: sums.held, coverage: [...sums.coverage], mixes: [...sums.mixes], freed };
      log.write(JSON.stringify(next));
      while (log.oldest() < needed) {
        index.forget(log.oldest());
        log.dropOldest();
      }
    },
    figures: () => ({ entries: index.size(), indexBytes: index.bytes(), fileBytes: log.fileBytes(), unsavedBytes: log.unwrittenBytes() }),
    close: log.close,
  };
}
