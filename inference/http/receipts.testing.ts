// kill -9 under load, so many times: a client keeps a receipt of everything that was acknowledged, and at the end looks for it in the log.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { readToEnd } from '../../consumers/readToEnd.ts';
import { kindOf } from '../../schemas/failure.ts';
import { createRandom } from '../../schemas/random.ts';
import { openBench, startProcess, until, type Bench } from '../../stack/testing.ts';
import { promoteTiny } from '../promoteTiny.testing.ts';
import { TINY_CATEGORIES } from '../tiny.testing.ts';

const CLIENTS = 16;
const MOST_MS_TO_LIVE = 1500;
export type Receipts = { readonly predictions: ReadonlyMap<string, string>; readonly feedback: ReadonlySet<string>; readonly refused: number };

/** Ids on the log, by topic. `run` begins every id of this test. */
async function logged(bench: Bench, run: string): Promise<{ readonly predictions: ReadonlyMap<string, string>; readonly feedback: ReadonlySet<string> }> {
  const [predictions, feedback] = [new Map<string, string>(), new Set<string>()];
  await readToEnd({
    settings: bench.settings, clientId: 'test-receipts', topics: ['predictions', 'feedback'],
    async onRecord({ topic, value }) {
      if (value === null) return;
      try {
        if (topic === 'predictions') {
          const { prediction_id, category } = await bench.registry.decode('predictions', value);
          if (prediction_id.startsWith(run)) predictions.set(prediction_id, category);
        } else {
          const { feedback_id } = await bench.registry.decode('feedback', value);
          if (feedback_id.startsWith(run)) feedback.add(feedback_id);
        }
      } catch (error) {
        // Others leave poison here.
        if (kindOf(error) !== 'poison') throw error;
      }
    },
  });
  return { predictions, feedback };
}

/** What was acknowledged and is not in the log. */
export const missing = (receipts: Receipts, log: { readonly predictions: ReadonlyMap<string, string>; readonly feedback: ReadonlySet<string> }): string[] =>
  [...[...receipts.predictions].filter(([id, category]) => log.predictions.get(id) !== category).map(([id]) => `prediction ${id}`), ...[...receipts.feedback].filter((id) => !log.feedback.has(id)).map((id) => `feedback ${id}`)];

export async function killUnderLoad(t: TestContext, { kills, seed }: { readonly kills: number; readonly seed: number }): Promise<void> {
  const bench = await openBench(t);
  const run = `receipt-${randomUUID().slice(0, 8)}`;
  const random = createRandom(seed);
  await promoteTiny(bench);

  const headers = { authorization: `Bearer ${bench.tokens['admin'] ?? ''}`, 'content-type': 'application/json' };
  /** undefined: no answer, which promises nothing. */
  const post = async (path: string, body: object): Promise<{ readonly status: number; readonly body: Record<string, unknown> } | undefined> => {
    try {
      const answer = await fetch(`http://127.0.0.1:${bench.settings.inferencePort}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20_000) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    } catch {
      return undefined;
    }
  };
  const predictions = new Map<string, string>();
  const feedback = new Set<string>();
  let [refused, asked, running] = [0, 0, true];
  async function client(): Promise<void> {
    while (running) {
      const id = `${run}-${(asked += 1)}`;
      const answer = await post('/v1/predict', { product_description: `text ${id}`, prediction_id: id });
      if (answer?.status !== 200) {
        refused += 1;
        await pause(20);
        continue;
      }
      predictions.set(id, String(answer.body['category']));
      const said = await post('/v1/feedback', { prediction_id: id, category: TINY_CATEGORIES[0], feedback_id: `${id}-f` });
      if (said?.status === 202) feedback.add(`${id}-f`);
    }
  }
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  try {
    for (let kill = 0; kill < kills; kill += 1) {
      const before = predictions.size;
      const served = startProcess(t, bench, 'inference/main.ts', { MODEL_NAME: 'tiny' });
      await until('the service acknowledges', () => (predictions.size > before ? true : undefined));
      await pause(random.below(MOST_MS_TO_LIVE));
      await served.kill9();
    }
  } finally {
    running = false;
    await clients;
  }
  const receipts = { predictions, feedback, refused };
  const log = await logged(bench, run);
  assert.deepEqual(missing(receipts, log), [], 'acknowledged, but not in the log');
  // The check can fail: a receipt for what was never sent.
  assert.equal(missing({ ...receipts, feedback: new Set([...feedback, `${run}-never`]) }, log).length, 1);
  assert.ok(predictions.size >= kills && feedback.size > 0);
  console.log(`${kills} × kill -9 under load: ${predictions.size} predictions and ${feedback.size} feedback acknowledged, all in the log; ${log.predictions.size - predictions.size} predictions stand there whose answer was lost with the process, ${refused} requests got none`);
}
