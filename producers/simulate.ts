// Streams products and people's feedback through the real doors: half of both by Kafka, half by HTTP.
import { performance } from 'node:perf_hooks';
import { messageOf } from '../schemas/failure.ts';
import { uuidv7 } from '../schemas/ids.ts';
import { createRandom } from '../schemas/random.ts';
import { sayingsAbout, type Habits } from './people.ts';
import type { Publisher } from './publisher.ts';
import type { Row } from './catalogue.ts';
import type { World } from './drift.ts';

export type SimulationCounts = { products: number; byHttp: number; byTopic: number; feedback: number; answered: Record<string, number>; failed: number; failures: string[] };
export type Simulation = {
  /** Share of fresh products from now on. */
  setFreshShare(share: number): void;
  readonly counts: () => Readonly<SimulationCounts>;
  /** No more products; resolves when everybody has said what they wanted to say. */
  finish(): Promise<void>;
  /** Stops at once. */
  stop(): void;
};
type Options = {
  readonly world: World; readonly seed: number; readonly perSecond: number; readonly habits: Habits; readonly categories: readonly string[]; readonly modelName: string;
  readonly publisher: Publisher; readonly inferenceUrl: string; readonly tokens: Readonly<Record<'predict' | 'feedback', string>>; readonly nowMs: () => number;
};
const TICK_MS = 50;
const KEPT_FAILURES = 5;

export function simulate({ world, seed, perSecond, habits, categories, modelName, publisher, inferenceUrl, tokens, nowMs }: Options): Simulation {
  const random = createRandom(seed ^ 0x1234567);
  const counts: SimulationCounts = { products: 0, byHttp: 0, byTopic: 0, feedback: 0, answered: {}, failed: 0, failures: [] };
  const open = new Set<Promise<void>>();
  const timers = new Set<NodeJS.Timeout>();
  let freshShare = 0;
  let fresh = 0;
  let familiar = 0;
  let stopped = false;
  const fail = (what: string, error: unknown): void => {
    if (stopped) return;
    counts.failed += 1;
    if (counts.failures.length < KEPT_FAILURES) counts.failures.push(`${what}: ${messageOf(error)}`);
  };
  const track = (work: Promise<void>): void => {
    open.add(work);
    void work.finally(() => open.delete(work));
  };
  async function post(scope: 'predict' | 'feedback', path: string, body: object): Promise<unknown> {
    const answer = await fetch(`${inferenceUrl}${path}`, { method: 'POST', headers: { authorization: `Bearer ${tokens[scope]}`, 'content-type': 'application/json' }, body: JSON.stringify(body), signal: AbortSignal.timeout(30_000) });
    const parsed: unknown = await answer.json();
    if (!answer.ok) throw new Error(`${path} answered ${answer.status} ${JSON.stringify(parsed)}`);
    return parsed;
  }
  async function product(id: string, text: string, viaHttp: boolean): Promise<void> {
    try {
      if (viaHttp) {
        const answer = await post('predict', '/v1/predict', { product_description: text, prediction_id: id });
        const version = String(typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'model_version') : undefined);
        counts.answered[version] = (counts.answered[version] ?? 0) + 1;
      } else await publisher.send([{ topic: 'products', key: id, value: { product_id: id, prediction_id: null, model_name: modelName, product_description: text, sent_at: nowMs() } }]);
    } catch (error) {
      fail('product', error);
    }
  }
  async function say(id: string, feedbackId: string, category: string | null, viaHttp: boolean): Promise<void> {
    try {
      if (viaHttp) await post('feedback', '/v1/feedback', { prediction_id: id, feedback_id: feedbackId, category, source: 'people' });
      else await publisher.send([{ topic: 'feedback', key: id, value: { prediction_id: id, feedback_id: feedbackId, model_name: modelName, category, source: 'people', given_at: nowMs() } }]);
      counts.feedback += 1;
    } catch (error) {
      fail('feedback', error);
    }
  }
  const nextRow = (): Row | undefined => {
    if (random.next() < freshShare) return world.fresh[fresh++ % world.fresh.length];
    return world.familiar[familiar++ % world.familiar.length];
  };
  function one(): void {
    const row = nextRow();
    if (row === undefined) return;
    const id = uuidv7(nowMs(), random.bytes(10));
    const viaHttp = random.next() < 0.5;
    counts.products += 1;
    if (viaHttp) counts.byHttp += 1;
    else counts.byTopic += 1;
    const sayings = sayingsAbout(id, row.category, categories, habits, random);
    const early = sayings.filter((saying) => saying.delayMs <= 0);
    track((async () => {
      for (const saying of early) await say(id, saying.feedbackId, saying.category, random.next() < 0.5);
      await product(id, row.product_description, viaHttp);
    })());
    for (const saying of sayings.filter((each) => each.delayMs > 0)) {
      const sayViaHttp = random.next() < 0.5;
      const timer = setTimeout(() => {
        timers.delete(timer);
        track(say(id, saying.feedbackId, saying.category, sayViaHttp));
      }, saying.delayMs);
      timers.add(timer);
    }
  }
  const started = performance.now();
  let sent = 0;
  const ticking = setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1000) * perSecond);
    for (; sent < due; sent += 1) one();
  }, TICK_MS);

  return {
    setFreshShare: (share) => void (freshShare = share),
    counts: () => counts,
    async finish() {
      clearInterval(ticking);
      while (timers.size > 0 || open.size > 0) {
        await Promise.all(open);
        if (timers.size > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
      }
    },
    stop() {
      stopped = true;
      clearInterval(ticking);
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
