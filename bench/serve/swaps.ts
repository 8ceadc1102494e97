// Model swaps under load: two models of full size, of which each answers a category of its own whatever the text, so that every answer shows which one gave it.
import { setTimeout as pause } from 'node:timers/promises';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { quantileOf } from '../bench.ts';
import type { BenchStack } from '../stack.ts';
import { storeServed, type Served } from './model.ts';
import { askPaced } from './paced.ts';
import type { Target } from './wrk.ts';

export type SwapRuns = { readonly swaps: number; readonly answers: number; readonly failed: number; /** answered by another model than the one named */ readonly mixed: number; /** versions seen */ readonly versions: number; readonly steadyP99Ms: readonly number[]; readonly swapP99Ms: readonly number[] };
type Options = { readonly runs: number; readonly swapsPerRun: number; readonly everyMs: number; readonly perSecond: number; readonly connections: number; readonly texts: readonly string[]; readonly firstSeq: number; readonly say: (line: string) => void };

/** Steady runs and runs with swaps, alternating and equally long. */
export async function runSwaps(stack: BenchStack, target: Target, served: Served, { runs, swapsPerRun, everyMs, perSecond, connections, texts, firstSeq, say }: Options): Promise<SwapRuns> {
  const kinds = [await storeServed(stack, served, texts, 0), await storeServed(stack, served, texts, 1)];
  const publisher = await createPublisher({ kafka: createKafka(stack.settings, 'bench-swaps'), registry: stack.registry, settings: stack.settings });
  let seq = firstSeq;
  const promotionOf = (number: number): ModelPromoted | undefined => {
    const kind = kinds[number % 2];
    return kind === undefined ? undefined : { ...kind, model_version: `swap-${number}`, promotion_seq: number };
  };
  let [answers, failed, mixed] = [0, 0, 0];
  const versions = new Set<string>();
  function onAnswer(status: number, body: string): void {
    answers += 1;
    if (status !== 200) return;
    const { model_version, category } = JSON.parse(body) as { model_version: string; category: string };
    const number = Number(/^swap-(\d+)$/.exec(model_version)?.[1] ?? Number.NaN);
    versions.add(model_version);
    if (!Number.isNaN(number) && category !== served.categories[number % 2]) mixed += 1;
  }
  async function swap(): Promise<void> {
    seq += 1;
    const value = promotionOf(seq);
    if (value !== undefined) await publisher.send([{ topic: 'models', key: value.model_name, value }]);
  }
  const seconds = (swapsPerRun * everyMs) / 1000;
  async function measure(swapping: boolean): Promise<number> {
    const asking = askPaced(target, { perSecond, seconds, connections, texts, onAnswer });
    if (swapping) {
      for (let i = 0; i < swapsPerRun; i += 1) {
        await pause(everyMs);
        await swap();
      }
    }
    const result = await asking;
    failed += result.failed;
    return quantileOf(result.delaysMs, 0.99) ?? Number.POSITIVE_INFINITY;
  }
  const [steadyP99Ms, swapP99Ms]: [number[], number[]] = [[], []];
  try {
    // From a swapped model on, so that both kinds of run are served by the same kinds of model.
    await swap();
    await pause(2 * everyMs);
    for (let run = 0; run < runs; run += 1) {
      steadyP99Ms.push(await measure(false));
      swapP99Ms.push(await measure(true));
      say(`swaps, run ${run + 1} of ${runs}: p99 ${steadyP99Ms.at(-1)?.toFixed(1)} ms steady, ${swapP99Ms.at(-1)?.toFixed(1)} ms with ${swapsPerRun} swaps; ${failed} failed, ${mixed} mixed`);
    }
  } finally {
    await publisher.close();
  }
  return { swaps: runs * swapsPerRun, answers, failed, mixed, versions: versions.size, steadyP99Ms, swapP99Ms };
}
