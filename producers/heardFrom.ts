// Sockets that are closed with an error when their peer stays silent: what their client then does is what it does when a connection breaks. The rule is in silence.ts.
import http from 'node:http';
import https from 'node:https';
import net, { type Socket } from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';
import { asked, limitMs, looked, type Moved, type Waiting } from './silence.ts';

const LOOK_EVERY_MS = 1000;
/** The longest a broker may keep us waiting by itself is the join of a group (12 s). */
export const KAFKA_SILENT_MS = 20_000;
/** S3 may think for a while about an upload of many parts. */
export const S3_SILENT_MS = 30_000;

/** Bytes that the system has taken from us: of one large write Node itself tells only when all of it has gone. */
function leftOf(socket: Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const figure = (name: string): number => {
    const found: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, name) : undefined;
    return typeof found === 'number' ? found : 0;
  };
  return figure('bytesWritten') - figure('writeQueueSize');
}
/** By peer. */
const givenUpMs = new Map<string, number>();
/** The same socket, closed with an error once something was written and nothing has come for silentMs. */
export function heardFrom<S extends Socket>(socket: S, peer: string, silentMs: number): S {
  let waiting: Waiting | undefined;
  let looking: NodeJS.Timeout | undefined;
  let lookedAtMs = 0;
  let heardMs = performance.now();
  const moved = (): Moved => ({ received: socket.bytesRead, sent: leftOf(socket), backlog: socket.writableLength });
  function look(): void {
    const nowMs = performance.now();
    const next = looked(waiting, moved(), { nowMs, lateMs: nowMs - lookedAtMs - LOOK_EVERY_MS, silentMs: limitMs(heardMs, givenUpMs.get(peer), silentMs) });
    lookedAtMs = nowMs;
    if (next.waiting === undefined) heardMs = nowMs;
    if (next.isGivenUp) {
      givenUpMs.set(peer, nowMs);
      socket.destroy(new Error(`${peer} has not answered for ${Math.round(nowMs - (waiting?.sinceMs ?? nowMs))} ms; the connection is given up`));
    }
    waiting = next.waiting;
    if (waiting === undefined || socket.destroyed) looking = void clearInterval(looking);
  }
  const write: Socket['write'] = socket.write.bind(socket);
  const noted = (...args: Parameters<Socket['write']>): boolean => {
    waiting = asked(waiting, moved(), performance.now());
    if (looking === undefined && !socket.destroyed) {
      lookedAtMs = performance.now();
      looking = setInterval(look, Math.min(LOOK_EVERY_MS, silentMs / 4)).unref();
    }
    return write(...args);
  };
  socket.write = noted as Socket['write'];
  socket.once('close', () => clearInterval(looking));
  return socket;
}

const KEEP_ALIVE_MS = 60_000;
/** How kafkajs is to make its sockets. */
export const kafkaSockets = (silentMs = KAFKA_SILENT_MS) => ({ host, port, ssl, onConnect }: { host: string; port: number; ssl: ConnectionOptions; onConnect: () => void }): Socket => {
  // It hands over no options, whatever its types say, where there is no TLS.
  const socket = ssl ? tls.connect({ host, port, ...(net.isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect) : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return heardFrom(socket, `Kafka at ${host}:${port}`, silentMs);
};

/** What Node's own agents are. */
const POOL = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;
/** Connections of an HTTP client that has no time limit of its own. tls: undefined for plain HTTP. */
export function heardAgent(peer: string, secure: ConnectionOptions | undefined, silentMs: number): http.Agent {
  const agent = secure === undefined ? new http.Agent(POOL) : new https.Agent({ ...POOL, ...secure });
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (...args) => {
    const socket = connect(...args);
    return socket instanceof net.Socket ? heardFrom(socket, peer, silentMs) : socket;
  };
  return agent;
}
