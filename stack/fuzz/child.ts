// One decoder's inputs in a process of its own, which may hang or run out of memory: node child.ts NAME SEED FROM TO FILE. The number of the input under way stands in FILE; the outcome is printed as JSON.
import { openSync, writeSync } from 'node:fs';
import { openDecoders } from './decoders.ts';
import { fuzz } from './run.ts';
import { TWINS } from './twins.testing.ts';

const [name = '', seed = '', from = '', to = '', file = ''] = process.argv.slice(2);
const decoders = [...(await openDecoders()), ...TWINS];
const decoder = decoders.find((one) => one.name === name);
if (decoder === undefined) throw new RangeError(`no decoder is called ${name}`);
const fd = openSync(file, 'w');
const eight = Buffer.alloc(8);
const outcome = await fuzz(decoder, {
  seed: Number(seed), from: Number(from), to: Number(to),
  onInput(index) {
    eight.writeDoubleLE(index);
    writeSync(fd, eight, 0, 8, 0);
  },
});
for (const one of decoders) one.close?.();
console.log(JSON.stringify(outcome));
