// Decoders that hang and that eat memory: the long run must find them and go on.
import { bytesOf, type Decoder } from './run.ts';

const LONG = 40;
const twin = (name: string, decode: Decoder['decode']): Decoder => ({ name, share: 1, seeds: [bytesOf('{"a":[1,2,3],"b":"text"}')], decode });
export const TWINS: readonly Decoder[] = [
  twin('twin-hangs', (bytes) => {
    for (;;) if (bytes.length < LONG) return undefined;
  }),
  twin('twin-eats', (bytes) => {
    const eaten: number[][] = [];
    while (bytes.length >= LONG) eaten.push(new Array<number>(1000).fill(1));
    return undefined;
  }),
];
