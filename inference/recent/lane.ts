// The newest records of one partition, as they stood on the topic: their bytes one after the other in slabs, found by id over typed arrays. Nothing is made of a record
// before somebody asks for it, so a flood of them costs a copy each. What they mean is the caller's; the oldest give way when the caller says so.
import { createSlots } from '../../consumers/join/slots.ts';

export type Lane = {
  /** A record whose id is not there yet; a place is a number that is never given again, counted from 1. id: its bytes within the record, as they are compared. */
  add(hash: number, atMs: number, bytes: Uint8Array, from: number, to: number): number;
  /** The place of the record that bears the id bytes[from, to) at `skip` behind its start; 0: there is none. */
  find(hash: number, bytes: Uint8Array, from: number, to: number): number;
  /** The oldest goes; its place, 0 when there was none. */
  drop(): number;
  /** The record at a place that is held: a window that is overwritten some time after the record has given way. */
  bytesAt(place: number): Buffer;
  atMs(place: number): number;
  /** Places held, the oldest and the one behind the newest. */
  readonly first: () => number;
  readonly end: () => number;
  /** What the records take, all in all. */
  readonly bytes: () => number;
};
type Slab = { readonly bytes: Buffer; /** the first place in it */ readonly from: number };

/** Of the arrays, and of the index at its usual load. */
const RECORD_BYTES = 28 + 24;
const FIRST_CAPACITY = 64;
const NOTHING = Buffer.alloc(0);

/** slabBytes: how much is allocated at a time. skip: how many bytes stand before a record's id. */
export function createLane(slabBytes: number, skip: number): Lane {
  const slots = createSlots();
  // A ring over places: a power of two.
  let capacity = FIRST_CAPACITY;
  let ring = { from: new Uint32Array(capacity), to: new Uint32Array(capacity), slab: new Uint32Array(capacity), hash: new Uint32Array(capacity), atMs: new Float64Array(capacity) };
  let [first, end, held] = [1, 1, 0];
  const slabs: Slab[] = [];
  /** Of all slabs there have been, how many are gone. */
  let gone = 0;
  let filled = 0;
  let spare: Buffer | undefined;
  const at = (place: number): number => place & (capacity - 1);

  function grow(): void {
    const old = ring;
    const mask = capacity - 1;
    capacity *= 2;
    ring = { from: new Uint32Array(capacity), to: new Uint32Array(capacity), slab: new Uint32Array(capacity), hash: new Uint32Array(capacity), atMs: new Float64Array(capacity) };
    for (let place = first; place < end; place += 1) for (const name of ['from', 'to', 'slab', 'hash', 'atMs'] as const) ring[name][at(place)] = old[name][place & mask] ?? 0;
  }
  function room(bytes: number): Buffer {
    const last = slabs.at(-1)?.bytes;
    if (last !== undefined && filled + bytes <= last.length) return last;
    const made = bytes > slabBytes ? Buffer.allocUnsafeSlow(bytes) : (spare ?? Buffer.allocUnsafeSlow(slabBytes));
    if (made === spare) spare = undefined;
    slabs.push({ bytes: made, from: end });
    filled = 0;
    return made;
  }
  const slabOf = (place: number): Buffer => slabs[(ring.slab[at(place)] ?? 0) - gone]?.bytes ?? NOTHING;

  return {
    add(hash, atMs, bytes, from, to) {
      if (end - first === capacity) grow();
      const place = end;
      const slab = room(to - from);
      slab.set(from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to), filled);
      const slot = at(place);
      ring.from[slot] = filled;
      filled += to - from;
      ring.to[slot] = filled;
      ring.slab[slot] = gone + slabs.length - 1;
      ring.hash[slot] = hash;
      ring.atMs[slot] = atMs;
      slots.insert(hash >>> 0, place);
      held += to - from;
      end += 1;
      return place;
    },
    find(hash, bytes, from, to) {
      return slots.find(hash >>> 0, (place) => {
        const slab = slabOf(place);
        let there = (ring.from[at(place)] ?? 0) + skip;
        if (there + to - from > (ring.to[at(place)] ?? 0)) return false;
        for (let i = from; i < to; i += 1) if (slab[there++] !== bytes[i]) return false;
        return true;
      });
    },
    drop() {
      if (first === end) return 0;
      const place = first;
      const slot = at(place);
      slots.remove((ring.hash[slot] ?? 0) >>> 0, place);
      held -= (ring.to[slot] ?? 0) - (ring.from[slot] ?? 0);
      first += 1;
      for (let next = slabs[1]; next !== undefined && next.from <= first; next = slabs[1]) {
        const left = slabs.shift();
        gone += 1;
        if (left?.bytes.length === slabBytes) spare = left.bytes;
      }
      return place;
    },
    bytesAt: (place) => slabOf(place).subarray(ring.from[at(place)], ring.to[at(place)]),
    atMs: (place) => ring.atMs[at(place)] ?? 0,
    first: () => first,
    end: () => end,
    bytes: () => held + RECORD_BYTES * (end - first),
  };
}
