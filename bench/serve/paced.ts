// A client that asks at a fixed rate, whatever comes back: a delay is counted from the moment at which the request was due, so a server that stalls pays for all it held up.
import { Agent, request } from 'node:http';
import type { Target } from './wrk.ts';

export type Paced = { readonly sent: number; readonly delaysMs: readonly number[]; readonly failed: number };
type Options = {
  readonly perSecond: number; readonly seconds: number; readonly connections: number; readonly texts: readonly string[];
  /** Every answer; what is not 2xx, or does not come, counts as failed. */
  readonly onAnswer?: (status: number, body: string) => void;
};
const TICK_MS = 1;

/** Resolves when every request has been answered or has failed. */
export async function askPaced({ port, path, headers, body }: Target, { perSecond, seconds, connections, texts, onAnswer }: Options): Promise<Paced> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const total = Math.round(perSecond * seconds);
  const delaysMs: number[] = [];
  const bodies = texts.map((text) => Buffer.from(body(text)));
  let [sent, failed, open] = [0, 0, 0];
  const startMs = performance.now();
  const dueMs = (i: number): number => startMs + (i * 1000) / perSecond;
  await new Promise<void>((resolve) => {
    const settler = (due: number) => {
      let settled = false;
      return (good: boolean): void => {
        if (!settled) settle(good, due);
        settled = true;
      };
    };
    const settle = (good: boolean, due: number): void => {
      open -= 1;
      if (good) delaysMs.push(performance.now() - due);
      else failed += 1;
      if (open === 0 && sent === total) resolve();
    };
    function send(due: number): void {
      const bytes = bodies[sent % bodies.length] ?? Buffer.alloc(0);
      sent += 1;
      open += 1;
      const end = settler(due);
      const asked = request({ agent, host: '127.0.0.1', port, path, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': bytes.length, ...headers } }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.once('end', () => {
          const status = answer.statusCode ?? 0;
          onAnswer?.(status, Buffer.concat(chunks).toString());
          end(status >= 200 && status < 300);
        });
        answer.once('error', () => end(false));
      });
      asked.once('error', () => end(false));
      asked.end(bytes);
    }
    const ticking = setInterval(() => {
      const now = performance.now();
      while (sent < total && dueMs(sent) <= now) send(dueMs(sent));
      if (sent === total) clearInterval(ticking);
    }, TICK_MS);
  });
  agent.destroy();
  return { sent, delaysMs, failed };
}
