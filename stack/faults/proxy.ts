// A TCP proxy that breaks on command: what a fault means is in fault.ts, here are the sockets. For tests; it keeps nothing in memory but what latency holds back.
import { createConnection, createServer, type Socket } from 'node:net';
import { faultAt, NO_FAULT, ruleOf, type Fault, type Rule } from './fault.ts';

export type Proxy = {
  readonly port: number;
  /** Resolves when it holds: connections that are to be reset are gone, new ones are met as the fault says. */
  set(fault: Fault): Promise<void>;
  readonly fault: () => Fault;
  /** Connections that stand. */
  readonly open: () => number;
  /** Since the start: connections accepted, bytes that went through. */
  readonly counts: () => { readonly accepted: number; readonly toServer: number; readonly toClient: number };
  close(): Promise<void>;
};
type Way = 'toServer' | 'toClient';
/** One connection. */
type Pair = { obey(rule: Rule): void; reset(): void };
/** Latency holds back no more than this; then it is the sender who waits. */
const MAX_LATE_BYTES = 4 * 2 ** 20;
const HOST = '127.0.0.1';

/** With a reset, unless its end is under way: libuv refuses to reset such a socket, and Node then waits for it for ever when the process is to end. */
export function breakOff(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}

/** port: where it listens. to: the port of the real server. Both on loopback. */
export async function openProxy({ port, to }: { readonly port: number; readonly to: number }): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const counts = { accepted: 0, toServer: 0, toClient: 0 };
  let fault = NO_FAULT;
  let rule = ruleOf(NO_FAULT);
  let flapping: NodeJS.Timeout | undefined;

  function pair(client: Socket): void {
    counts.accepted += 1;
    const server = createConnection({ host: HOST, port: to, allowHalfOpen: true });
    client.setNoDelay(true);
    server.setNoDelay(true);
    const ways = [way('toServer', client, server), way('toClient', server, client)];
    const one: Pair = {
      obey: (now) => ways.forEach((each) => each(now)),
      reset() {
        pairs.delete(one);
        breakOff(client);
        breakOff(server);
      },
    };
    pairs.add(one);
    for (const [socket, other] of [[client, server], [server, client]] as const) {
      // One end was reset: so is the other.
      socket.on('error', () => one.reset());
      socket.on('close', () => other.destroyed && pairs.delete(one));
    }
    one.obey(rule.appliesTo === 'all' ? rule : ruleOf(NO_FAULT));
  }
  const server = createServer({ allowHalfOpen: true }, pair);
  const listen = (on: number): Promise<void> => new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(on, HOST, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await listen(port);
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;

  function way(name: Way, from: Socket, to: Socket): (rule: Rule) => void {
    let delayMs = 0;
    let held = false;
    let lateBytes = 0;
    let full = false;
    /** What is under way, the oldest first: a shorter delay never overtakes. */
    let last = Promise.resolve();
    const flow = (): void => void (held || full || lateBytes > MAX_LATE_BYTES ? from.pause() : from.resume());
    function deliver(chunk: Buffer): void {
      if (to.destroyed) return;
      counts[name] += chunk.length;
      full = !to.write(chunk) || full;
      flow();
    }
    to.on('drain', () => {
      full = false;
      flow();
    });
    function later(act: () => void): void {
      const due = delayMs === 0 ? Promise.resolve() : new Promise<void>((resolve) => setTimeout(resolve, delayMs).unref());
      const before = last;
      last = Promise.all([before, due]).then(act);
    }
    from.on('data', (chunk: Buffer) => {
      if (delayMs === 0 && lateBytes === 0) return deliver(chunk);
      lateBytes += chunk.length;
      later(() => {
        lateBytes -= chunk.length;
        deliver(chunk);
      });
      flow();
    });
    from.on('end', () => later(() => void to.end()));
    return (now) => {
      delayMs = now.delayMs;
      held = now[name] === 'held';
      flow();
    };
  }
  async function obey(now: Fault): Promise<void> {
    const before = rule;
    rule = ruleOf(now);
    if (rule.resets || before.afterwards === 'reset') for (const one of [...pairs]) one.reset();
    for (const one of pairs) one.obey(rule);
    if (rule.accepts && !server.listening) await listen(bound);
    // Its callback waits for connections that stand; that it no longer listens holds at once.
    else if (!rule.accepts && server.listening) server.close();
  }
  return {
    port: bound, fault: () => fault, open: () => pairs.size, counts: () => ({ ...counts }),
    async set(next) {
      clearInterval(flapping);
      fault = next;
      const sinceMs = performance.now();
      if (next.kind === 'flap') flapping = setInterval(() => void obey(faultAt(next, performance.now() - sinceMs + next.everyMs / 2)), next.everyMs);
      await obey(next);
    },
    async close() {
      clearInterval(flapping);
      for (const one of [...pairs]) one.reset();
      if (server.listening) await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
