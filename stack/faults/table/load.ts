// Steady load through the real doors beside the traffic, as people are: labels that come later, corrected, withdrawn or said twice, each call again until it is acknowledged.
import { syntheticWorld } from '../../../producers/drift.ts';
import { drive } from '../../soak/drive.ts';
import { createFeed } from '../../soak/feed.ts';
import { until } from '../../testing.ts';
import type { Place } from './place.ts';

const RATE = { products: 60, feedback: 30, delayMs: 2000 };
const SEED = 5;
const FINISH_MS = 240_000;

/** Does `work` under load, which begins before it and goes on to its end. tag: begins every id. Resolves with what the load complains of. */
export async function underLoad({ context: { settings, secrets }, publisher, urlOf }: Place, tag: string, work: () => Promise<void>): Promise<readonly string[]> {
  const feed = createFeed({ seed: SEED, tag, rows: syntheticWorld(SEED).familiar, categories: settings.categories, ...RATE });
  const driving = drive({ feed, publisher, modelName: settings.modelName, inferenceUrl: urlOf('inference'), tokens: secrets.tokens, nowMs: Date.now });
  try {
    await until('load', () => (driving.counts().feedback > RATE.feedback ? true : undefined));
    await work();
    await driving.finish(FINISH_MS);
    const { waiting, refused } = driving.counts();
    return waiting + refused === 0 ? [] : [`${waiting} calls open, ${refused} refused`];
  } finally {
    driving.stop();
  }
}
