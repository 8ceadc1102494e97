// A block of ports for a stack of its own.
import { fatal } from '../schemas/failure.ts';
import { isPortFree } from './services/service.ts';

const BLOCK = 20;
/** Servers and processes, as offsets from the base. */
const USED = [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13];

/** The first block from `first` on of which nobody holds a port. */
export async function freePortBase(first: number, below: number): Promise<number> {
  for (let base = first; base + BLOCK <= below; base += BLOCK) {
    const free = await Promise.all(USED.map((offset) => isPortFree(base + offset)));
    if (free.every((one) => one)) return base;
  }
  throw fatal('no_ports', `no ${BLOCK} free ports in a row from ${first} to ${below}`);
}
