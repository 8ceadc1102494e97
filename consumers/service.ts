// The boring shell of a process: metrics and health over HTTP, a clean stop, one way to die.
import closeWithGrace from 'close-with-grace';
import { writeSync } from 'node:fs';
import { createServer } from 'node:http';
import { pino } from 'pino';
import type { Registry as Metrics } from 'prom-client';
import { messageOf } from '../schemas/failure.ts';
import { createLogOutput } from './logOutput.ts';
import { processMetrics } from './processMetrics.ts';

export type ProcessLog = ReturnType<typeof pino>;
const STDOUT = 1;
const REST_MS = 2;
const resting = new Int32Array(new SharedArrayBuffer(4));
const output = createLogOutput((bytes) => writeSync(STDOUT, bytes), () => void Atomics.wait(resting, 0, 0, REST_MS), Date.now);
export const createLog = (name: string, level: string): ProcessLog => pino({ name, level }, output);
const STOP_DEADLINE_MS = 15_000;

export type Service = {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly log: ProcessLog;
  readonly metrics: Metrics;
  readonly dataDir: string;
  /** undefined when ready, else why not. */
  readonly unready: () => string | undefined;
  /** GET routes that answer JSON, at once or after a while. */
  readonly routes?: Readonly<Record<string, (query: URLSearchParams) => unknown>>;
  readonly start: (die: (error: unknown) => void) => Promise<void>;
  /** Idempotent: intake off, finish, flush, commit, close. */
  readonly stop: () => Promise<void>;
};

/** Logs and leaves with 1: the supervisor starts us again. */
export function dieWith(log: ProcessLog): (error: unknown) => void {
  return (error) => {
    log.fatal({ err: error }, messageOf(error));
    process.exit(1);
  };
}

export async function runService({ host, port, log, metrics, dataDir, unready, routes = {}, start, stop }: Service): Promise<void> {
  const die = dieWith(log);
  processMetrics(metrics, dataDir);
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answer = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const route = routes[path];
    try {
      if (path === '/metrics') {
        metrics.metrics().then((text) => response.writeHead(200, { 'content-type': metrics.contentType }).end(text), (error: unknown) => answer(500, { detail: messageOf(error) }));
      } else if (path === '/health/live') answer(200, { status: 'live' });
      else if (path === '/health/ready') answer(unready() === undefined ? 200 : 503, { status: unready() ?? 'ready' });
      else if (route !== undefined) Promise.resolve(route(new URLSearchParams((request.url ?? '').split('?')[1] ?? ''))).then((body) => answer(200, body), (error: unknown) => answer(500, { detail: messageOf(error) }));
      else answer(404, { title: 'not found', detail: `there is ${['/metrics', '/health/live', '/health/ready', ...Object.keys(routes)].join(', ')}` });
    } catch (error) {
      answer(500, { detail: messageOf(error) });
    }
  });
  server.on('error', die);
  server.listen(port, host);
  closeWithGrace({ delay: STOP_DEADLINE_MS, logger: false }, async ({ err }) => {
    if (err) log.fatal({ err }, messageOf(err));
    await stop();
    server.close();
    log.info('stopped');
    if (err) process.exitCode = 1;
  });
  try {
    await start(die);
    log.info({ port }, 'started');
  } catch (error) {
    die(error);
  }
}
