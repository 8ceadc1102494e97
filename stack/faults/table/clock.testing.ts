// Loaded before one of our programs (node --import): its wall clock is off by what a file says, read ten times a second, so that it can jump while the program runs. The monotonic clock
// and timers go on as they are, as they do when somebody sets a machine's clock. FAULT_CLOCK_DIR: the folder; the file is named after the program's folder.
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const LOOK_EVERY_MS = 100;
const dir = process.env['FAULT_CLOCK_DIR'];
const program = process.argv[1];
if (dir !== undefined && program !== undefined) {
  const file = join(dir, basename(dirname(program)));
  const RealDate = Date;
  let offsetMs = 0;
  const look = (): void => {
    try {
      offsetMs = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      offsetMs = 0;
    }
  };
  look();
  setInterval(look, LOOK_EVERY_MS).unref();
  const now = (): number => RealDate.now() + offsetMs;
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], made) => (args.length === 0 ? new target(now()) : (Reflect.construct(target, args, made) as object)),
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
  });
}
