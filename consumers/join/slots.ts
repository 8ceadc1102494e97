// A hash index in typed arrays: 32-bit hash → position, 12 bytes a slot, open addressing with linear probing, deletion by backward shift. What a position
// stands for is the caller's: a hash that agrees is only a candidate. Anonymous memory per entry is at most 12 / 0.35 bytes, whatever an entry holds.

const MIN_CAPACITY = 1024;
const MAX_LOAD = 0.7;

/** FNV-1a over UTF-16 code units with murmur3's finaliser: 32 bits, unsigned. Another salt, other collisions. */
export function hashOf(id: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt;
  for (let i = 0; i < id.length; i += 1) h = Math.imul(h ^ id.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

export type Slots = {
  /** Position of the entry with this hash for which `isSame` holds; 0: none. */
  find(hash: number, isSame: (position: number) => boolean): number;
  /** A new entry. position > 0; the caller knows that it is not there yet. */
  insert(hash: number, position: number): void;
  /** Moves the entry at `from` to `to`; false when it is not there. */
  move(hash: number, from: number, to: number): boolean;
  remove(hash: number, position: number): boolean;
  readonly size: () => number;
  readonly bytes: () => number;
};

export function createSlots(): Slots {
  let capacity = MIN_CAPACITY;
  let hashes = new Uint32Array(capacity);
  let positions = new Float64Array(capacity);
  let size = 0;

  function put(hash: number, position: number): void {
    let slot = hash & (capacity - 1);
    while (positions[slot] !== 0) slot = (slot + 1) & (capacity - 1);
    hashes[slot] = hash;
    positions[slot] = position;
  }
  function resize(to: number): void {
    const [oldHashes, oldPositions] = [hashes, positions];
    capacity = to;
    hashes = new Uint32Array(capacity);
    positions = new Float64Array(capacity);
    for (let slot = 0; slot < oldPositions.length; slot += 1) {
      const position = oldPositions[slot] ?? 0;
      if (position !== 0) put(oldHashes[slot] ?? 0, position);
    }
  }
  function slotOf(hash: number, position: number): number {
    for (let slot = hash & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
      const there = positions[slot];
      if (there === 0) return -1;
      if (there === position) return slot;
    }
  }
  return {
    find(hash, isSame) {
      for (let slot = hash & (capacity - 1); ; slot = (slot + 1) & (capacity - 1)) {
        const position = positions[slot] ?? 0;
        if (position === 0) return 0;
        if (hashes[slot] === hash && isSame(position)) return position;
      }
    },
    insert(hash, position) {
      if (size + 1 > capacity * MAX_LOAD) resize(capacity * 2);
      put(hash, position);
      size += 1;
    },
    move(hash, from, to) {
      const slot = slotOf(hash, from);
      if (slot < 0) return false;
      positions[slot] = to;
      return true;
    },
    remove(hash, position) {
      let hole = slotOf(hash, position);
      if (hole < 0) return false;
      const mask = capacity - 1;
      for (let slot = (hole + 1) & mask; positions[slot] !== 0; slot = (slot + 1) & mask) {
        const home = (hashes[slot] ?? 0) & mask;
        // It may fill the hole when its home does not lie between the hole and itself.
        if (((slot - home) & mask) >= ((slot - hole) & mask)) {
          hashes[hole] = hashes[slot] ?? 0;
          positions[hole] = positions[slot] ?? 0;
          hole = slot;
        }
      }
      positions[hole] = 0;
      size -= 1;
      if (capacity > MIN_CAPACITY && size < capacity * MAX_LOAD * 0.25) resize(capacity / 2);
      return true;
    },
    size: () => size,
    bytes: () => capacity * 12,
  };
}
