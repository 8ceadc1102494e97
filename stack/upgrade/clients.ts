// Clients behind two instances: each request goes to one that said it was ready when it was last asked, as a load balancer does. Nothing is tried twice: whatever fails is counted.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../schemas/failure.ts';

export type Load = { readonly asked: number; readonly failures: readonly string[]; readonly latenciesMs: readonly number[]; /** requests that nobody was ready for */ readonly nobody: number };
const LOOK_EVERY_MS = 100;
const WITHIN_MS = 20_000;

export type Clients = { readonly load: () => Load; stop(): Promise<void> };
/** texts: what is asked for, with the right category. token: may predict and give feedback. */
export function startClients({ urls, token, count, pauseMs, texts, prefix }: { readonly urls: readonly string[]; readonly token: string; readonly count: number; readonly pauseMs: number; readonly texts: readonly { readonly product_description: string; readonly category: string }[]; readonly prefix: string }): Clients {
  const ready = new Set<string>();
  const failures: string[] = [];
  const latenciesMs: number[] = [];
  let [asked, nobody, running, turn] = [0, 0, true, 0];
  // Nobody is asked before it is known who is ready.
  const first = urls.map(() => Promise.withResolvers<undefined>());
  const looking = urls.map(async (url, i) => {
    while (running) {
      const ok = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(1000) }).then(async (answer) => (await answer.text(), answer.ok), () => false);
      if (ok) ready.add(url);
      else ready.delete(url);
      first[i]?.resolve(undefined);
      await pause(LOOK_EVERY_MS);
    }
  });
  async function post(path: string, body: object, want: number): Promise<void> {
    const choice = [...ready];
    const url = choice[(turn += 1) % choice.length];
    if (url === undefined) return void (nobody += 1);
    asked += 1;
    const began = performance.now();
    try {
      const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(WITHIN_MS) });
      const text = await answer.text();
      if (answer.status !== want) failures.push(`${path}: ${answer.status} ${text.slice(0, 200)}`);
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? `: ${messageOf(error.cause)}` : '';
      failures.push(`${path}: ${messageOf(error)}${cause}`);
    }
    latenciesMs.push(performance.now() - began);
  }
  async function client(number: number): Promise<void> {
    await Promise.all(first.map(({ promise }) => promise));
    for (let i = 0; running; i += 1) {
      const text = texts[(number + i * count) % texts.length];
      if (text === undefined) return;
      const id = `${prefix}-${number}-${i}`;
      await post('/v1/predict', { product_description: text.product_description, prediction_id: id }, 200);
      await post('/v1/feedback', { prediction_id: id, category: text.category, source: 'client', feedback_id: `${id}-f` }, 202);
      await pause(pauseMs);
    }
  }
  const clients = Array.from({ length: count }, (_, number) => client(number));
  return {
    load: () => ({ asked, failures, latenciesMs, nobody }),
    async stop() {
      running = false;
      await Promise.all([...clients, ...looking]);
    },
  };
}
