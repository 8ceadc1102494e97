// A block of ports for a stack of its own.
import { fatal } from '../schemas/failure.ts';
import { isPortFree } from './services/service.ts';

const BLOCK = 20;
/** Servers and processes, as offsets from the base. */
const USED = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13];

/** The first block from `first` on of which nobody holds a port that a stack uses. block: its ports, where more than those are used: all of them. */
export async function freePortBase(first: number, below: number, block?: number): Promise<number> {
  const used = block === undefined ? USED : Array.from({ length: block }, (_, offset) => offset);
  const step = block ?? BLOCK;
  for (let base = first; base + step <= below; base += step) {
    const free = await Promise.all(used.map((offset) => isPortFree(base + offset)));
    if (free.every((one) => one)) return base;
  }
  throw fatal('no_ports', `no ${step} free ports in a row from ${first} to ${below}`);
}
