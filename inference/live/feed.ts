// Live figures for whoever listens: asked for once per process and round, however many listen, and not at all when nobody does.
import { PassThrough, type Readable } from 'node:stream';
import { catchUp, changesOf, frameOf, NOTHING_TOLD, type Seen, type Told } from './changes.ts';

export type Feed = {
  /** undefined: too many listen already. The stream ends by itself after a while, so that a token that is no good any more does not listen for ever. */
  listen(): Readable | undefined;
  listeners(): number;
  /** Ends every stream at once. */
  stop(): void;
};
export type FeedLimits = { readonly everyMs: number; readonly heartbeatMs: number; readonly listenMs: number; readonly listeners: number; /** what may wait to be read by one listener */ readonly bytes: number };
export const FEED_LIMITS: FeedLimits = { everyMs: 1000, heartbeatMs: 15_000, listenMs: 3_600_000, listeners: 100, bytes: 1_000_000 };
export const RETRY_MS = 2000;
const HEARTBEAT = ': still here\n\n';

/** look: what is to be seen now; never throws. */
export function openFeed(look: () => Promise<Seen>, nowMs: () => number, limits: FeedLimits = FEED_LIMITS): Feed {
  const open = new Set<PassThrough>();
  let told: Told = NOTHING_TOLD;
  let next: NodeJS.Timeout | undefined;
  let looking = false;
  let stopped = false;

  /** One that does not read is dropped: it comes again and is told what is so then. */
  function write(stream: PassThrough, text: string): void {
    if (stream.writableLength + stream.readableLength + text.length > limits.bytes) stream.destroy();
    else stream.write(text);
  }
  async function round(): Promise<void> {
    looking = true;
    next = undefined;
    const seen = await look();
    looking = false;
    const changed = changesOf(told, seen, nowMs());
    told = changed.told;
    const text = changed.events.map(frameOf).join('');
    if (text !== '') for (const stream of open) write(stream, text);
    if (open.size > 0 && !stopped) next = setTimeout(() => void round(), limits.everyMs);
    else told = NOTHING_TOLD;
  }
  return {
    listen() {
      if (open.size >= limits.listeners || stopped) return undefined;
      const stream = new PassThrough();
      open.add(stream);
      const beating = setInterval(() => write(stream, HEARTBEAT), limits.heartbeatMs);
      const ending = setTimeout(() => stream.end(), limits.listenMs);
      stream.once('close', () => {
        open.delete(stream);
        clearInterval(beating);
        clearTimeout(ending);
        if (open.size > 0 || looking) return;
        clearTimeout(next);
        next = undefined;
        told = NOTHING_TOLD;
      });
      // Nobody hears of what breaks a connection but the connection.
      stream.on('error', () => undefined);
      write(stream, `retry: ${RETRY_MS}\n\n${catchUp(told).map(frameOf).join('')}`);
      if (!looking && next === undefined) void round();
      return stream;
    },
    listeners: () => open.size,
    stop() {
      stopped = true;
      clearTimeout(next);
      for (const stream of open) stream.destroy();
    },
  };
}
