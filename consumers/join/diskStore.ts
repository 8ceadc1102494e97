// The join's memory on disk: a cache of the log, with a checkpoint of the offsets it reflects. Entries are frames of an append-only log, found by a hash index in
// typed arrays; the log itself is the queue from which they are freed. Changes stay in memory until `save`, which is called only after Kafka has committed them,
// so what is on disk is never ahead of the committed positions. In doubt (another format, other rules, another boot, a damaged file) it is thrown away and rebuilt.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { setImmediate as breathe } from 'node:timers/promises';
import { createEntryCodec, createShapes, FORMAT } from './entryCodec.ts';
import { createSlots, hashOf, type Slots } from './slots.ts';
import { frameAt, openSegments, scanSegments, SPAN, type Walk } from './segments.ts';
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
  /** Appends all changes and the checkpoint. Only after Kafka has committed them. */
  save(checkpoint: Checkpoint): void;
  readonly figures: () => { readonly entries: number; readonly indexBytes: number; readonly fileBytes: number };
  close(): void;
};
type Seal = { readonly format: number; readonly fingerprint: string; readonly boot: string; readonly checkpoint: Checkpoint; readonly shapes: readonly Shape[]; readonly unlabelled: number; readonly held: number; readonly coverage: readonly [string, Covered][]; readonly mixes: readonly [string, VersionMix][]; readonly freed: { readonly predictions: number; readonly held: number } };
const HAS_PREDICTION = 1;
const PREDICTION_CAME = 2;
const FEEDBACK_CAME = 4;
const REMOVED = 8;
const BOOT_FILE = '/proc/sys/kernel/random/boot_id';
const NONE = Buffer.alloc(0);
const segmentOf = (position: number): number => Math.floor(position / SPAN);

/** Positions of live entries, and how many of them each segment holds. */
function createIndex(): Slots & { readonly livesIn: (segment: number) => number } {
  const slots = createSlots();
  const lives = new Map<number, number>();
  const count = (position: number, by: number): void => void lives.set(segmentOf(position), (lives.get(segmentOf(position)) ?? 0) + by);
  return {
    ...slots,
    livesIn: (segment) => lives.get(segment) ?? 0,
    insert(hash, position) {
      slots.insert(hash, position);
      count(position, 1);
    },
    move(hash, from, to) {
      if (!slots.move(hash, from, to)) return false;
      count(from, -1);
      count(to, 1);
      return true;
    },
    remove(hash, position) {
      if (!slots.remove(hash, position)) return false;
      count(position, -1);
      return true;
    },
  };
}
type Index = ReturnType<typeof createIndex>;

/** Reads the folder into the index. undefined: nothing there, or in doubt. */
async function load(dir: string, index: Index, fingerprint: string, boot: string): Promise<Seal | undefined> {
  if (!existsSync(dir)) return undefined;
  let seal: Seal | undefined;
  for (const { segment, bytes, batches } of scanSegments(dir)) {
    for (const batch of batches) {
      for (let at = batch.from; at < batch.to;) {
        const frame = frameAt(bytes, at);
        if (frame === undefined) return undefined;
        const position = segment * SPAN + at;
        if ((frame.flags & REMOVED) !== 0) index.remove(frame.hash, frame.previous);
        else if (frame.previous === 0 || !index.move(frame.hash, frame.previous, position)) index.insert(frame.hash, position);
        at += frame.length;
      }
      seal = JSON.parse(batch.seal) as Seal;
      if (seal.format !== FORMAT || seal.fingerprint !== fingerprint || seal.boot !== boot) return undefined;
    }
    // A large store takes seconds: the group must hear our heartbeat meanwhile.
    await breathe();
  }
  return seal;
}

/** dir: this store's own folder; no other process may have it open. fingerprint: of every rule that shapes the state. */
export async function openDiskStore(dir: string, fingerprint: string): Promise<DiskStore> {
  const boot = existsSync(BOOT_FILE) ? readFileSync(BOOT_FILE, 'utf8').trim() : '';
  let index = createIndex();
  const seal = await load(dir, index, fingerprint, boot).catch(() => undefined);
  if (seal === undefined) {
    rmSync(dir, { recursive: true, force: true });
    index = createIndex();
  }
  const log = openSegments(dir);
  const shapes = createShapes(seal?.shapes ?? []);
  const codec = createEntryCodec(shapes);
  // Position 0 means "nowhere", so no frame may stand there.
  if (log.end() === 0) log.append({ hash: 0, flags: 0, previous: 0, timeMs: 0, id: '', body: NONE });
  const first = (log.numbers()[0] ?? segmentOf(log.end())) * SPAN;
  const walks = { predictions: log.walk(PREDICTION_CAME, Math.max(first, seal?.freed.predictions ?? 0)), held: log.walk(FEEDBACK_CAME, Math.max(first, seal?.freed.held ?? 0)) };
  const sums = noSums();
  if (seal !== undefined) Object.assign(sums, { unlabelled: seal.unlabelled, held: seal.held, coverage: new Map(seal.coverage), mixes: new Map(seal.mixes) });

  /** The entry asked for last and where it stands: it is what is put back next. */
  let asked = { id: '', hash: 0, position: 0 };
  function locate(id: string): void {
    const hash = hashOf(id);
    asked = { id, hash, position: index.find(hash, (position) => log.read(position).id() === id) };
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
      return asked.position === 0 ? undefined : codec.decode(log.read(asked.position).body());
    },
    put(id, entry, came) {
      if (asked.id !== id) locate(id);
      const { hash, position: previous } = asked;
      const flags = (entry.prediction === undefined ? 0 : HAS_PREDICTION) | (came === 'prediction' ? PREDICTION_CAME : came === 'feedback' ? FEEDBACK_CAME : 0);
      const timeMs = came === 'prediction' ? (entry.prediction?.timeMs ?? 0) : came === 'feedback' ? (entry.held.at(-1)?.timeMs ?? 0) : 0;
      const position = log.append({ hash, flags, previous, timeMs, id, body: codec.encode(entry) });
      if (previous === 0) index.insert(hash, position);
      else index.move(hash, previous, position);
      asked = { id, hash, position };
    },
    remove(id) {
      if (asked.id !== id) locate(id);
      const { hash, position } = asked;
      asked = { id: '', hash: 0, position: 0 };
      if (position === 0) return;
      index.remove(hash, position);
      log.append({ hash, flags: REMOVED, previous: position, timeMs: 0, id: '', body: NONE });
    },
    unsavedBytes: log.unwrittenBytes,
    save(checkpoint) {
      const freed = { predictions: walks.predictions.position(), held: walks.held.position() };
      const next: Seal = { format: FORMAT, fingerprint, boot, checkpoint, shapes: shapes.all, unlabelled: sums.unlabelled, held: sums.held, coverage: [...sums.coverage], mixes: [...sums.mixes], freed };
      log.write(JSON.stringify(next));
      // A segment that both queues have passed and in which nothing lives any more is given back.
      for (const segment of log.numbers()) {
        if (segment >= segmentOf(Math.min(freed.predictions, freed.held)) || index.livesIn(segment) > 0) break;
        log.drop(segment);
      }
    },
    figures: () => ({ entries: index.size(), indexBytes: index.bytes(), fileBytes: log.fileBytes() }),
    close: log.close,
  };
}
