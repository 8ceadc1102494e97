// One soak on a stack that serves: load, faults, a look every few seconds; at the end it drains, verifies and says what it has seen.
import { setTimeout as pause } from 'node:timers/promises';
import { syntheticWorld } from '../../producers/drift.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { openRegistry } from '../../producers/connections.ts';
import { fatal, messageOf } from '../../schemas/failure.ts';
import type { Context } from '../context.ts';
import { PROCESSES, readStates, urlOf } from '../processes.ts';
import { answersHttp } from '../services/service.ts';
import type { Check } from '../verify/compare.ts';
import { drive, type Counts } from './drive.ts';
import { createFeed } from './feed.ts';
import { createFaults } from './perform.ts';
import { nameOf, scheduleOf } from './schedule.ts';
import { failuresOf, processLine, type Ending, type ProcessLine } from './verdict.ts';
import { lagsOf, watch, type Watch } from './watch.ts';

export type SoakOptions = {
  readonly seed: number; readonly durationMs: number; readonly everyMs: number; readonly products: number; readonly feedback: number; readonly servers: boolean; readonly tag: string;
  /** The longest wait of a person before the first word. */
  readonly delayMs: number;
  readonly warmUpMs: number; readonly judgeAfterMs: number;
};
export type Ports = { readonly say: (line: string) => void; readonly interrupted: () => boolean; readonly verify: () => Promise<readonly Check[]> };
export type Performed = { readonly atMs: number; readonly name: string; readonly seconds: number; readonly failure?: string };
export type SoakReport = { readonly seed: number; readonly seconds: number; readonly counts: Counts; readonly faults: readonly Performed[]; readonly lines: readonly ProcessLine[]; readonly ending: Ending; readonly checks: readonly Check[]; readonly failures: readonly string[] };

const LOOK_MS = 200;
const PROGRESS_MS = 60_000;
const DRAIN_MS = 300_000;
/** So long at rest, not only for a moment between two records. */
const REST_LOOKS = 3;

export const clock = (ms: number): string => `${String(Math.floor(ms / 60_000)).padStart(3)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;

export async function runSoak(context: Context, options: SoakOptions, { say, interrupted, verify }: Ports): Promise<SoakReport> {
  const { settings, secrets } = context;
  const world = syntheticWorld(options.seed);
  const publisher = await createPublisher({ kafka: createKafka(settings, 'soak'), registry: openRegistry(settings), settings });
  const began = performance.now();
  const elapsedMs = (): number => performance.now() - began;
  const feed = createFeed({ seed: options.seed, tag: options.tag, rows: world.familiar, categories: settings.categories, products: options.products, feedback: options.feedback, delayMs: options.delayMs });
  const driving = drive({ feed, publisher, modelName: settings.modelName, inferenceUrl: urlOf(settings, 'inference'), tokens: secrets.tokens, nowMs: Date.now });
  const watching = watch(context, elapsedMs);
  const faults = createFaults(context);
  const performed: Performed[] = [];
  const goOn = (): void => {
    if (interrupted()) throw fatal('aborted', 'interrupted');
  };
  try {
    const acts = scheduleOf(options.seed, options);
    let making: Promise<void> = Promise.resolve();
    let busy = '';
    let told = { atMs: 0, products: 0, feedback: 0 };
    let next = 0;
    while (elapsedMs() < options.durationMs) {
      goOn();
      const act = acts[next];
      // One at a time: a restart that takes longer than a beat delays the next fault.
      if (act !== undefined && elapsedMs() >= act.atMs && busy === '') {
        next += 1;
        busy = nameOf(act);
        const atMs = elapsedMs();
        making = faults.perform(act).then(() => undefined, messageOf).then((failure) => {
          performed.push({ atMs, name: nameOf(act), seconds: (elapsedMs() - atMs) / 1000, ...(failure === undefined ? {} : { failure }) });
          busy = '';
        });
      }
      if (elapsedMs() - told.atMs >= PROGRESS_MS) told = await progress(driving.counts(), told);
      await pause(LOOK_MS);
    }
    await making;
    const lines = (await stopped(watching)).map((one) => processLine(one, options));
    say('the load ends; what is left is said and read ...');
    await driving.finish(DRAIN_MS);
    const lags = await drained(context, goOn);
    // What was watched is told whatever becomes of it.
    const checks = lags.quiet ? await verify().catch((error: unknown) => void say(messageOf(error))) : undefined;
    const counts = driving.counts();
    const unhealed = performed.flatMap(({ name, failure }) => (failure === undefined ? [] : [`${name}: ${failure}`]));
    const ending: Ending = { lags: lags.left, waiting: counts.waiting, refused: counts.refused, differences: checks?.reduce((sum, check) => sum + check.differences.length, 0), unhealed };
    return { seed: options.seed, seconds: elapsedMs() / 1000, counts, faults: performed, lines, ending, checks: checks ?? [], failures: failuresOf(lines, ending) };
  } finally {
    faults.release();
    driving.stop();
    await watching.stop();
    await publisher.close();
  }

  async function progress(counts: Counts, before: { atMs: number; products: number; feedback: number }): Promise<typeof before> {
    const now = { atMs: elapsedMs(), products: counts.products, feedback: counts.feedback };
    const rate = (field: 'products' | 'feedback'): string => String(Math.round(((now[field] - before[field]) * 1000) / (now.atMs - before.atMs)));
    const lags = Object.entries(await lagsOf(context)).map(([name, lag]) => `${name} ${lag ?? 'away'}`).join(', ');
    const rss = watching.rssMb();
    const lately = performed.filter(({ atMs }) => atMs >= before.atMs).map(({ name, seconds }) => `${name} (${seconds.toFixed(0)} s)`);
    say(`${clock(now.atMs)}  ${rate('products')} products/s  ${rate('feedback')} feedback/s  ${counts.waiting} unsaid  ${counts.retries} retries  lag: ${lags}  RSS: ${PROCESSES.map((name) => `${name} ${rss.get(name)?.toFixed(0) ?? '-'}`).join(', ')} MB  ${lately.join(', ')}`);
    return now;
  }
}
async function stopped(watching: Watch): Promise<ReturnType<Watch['all']>> {
  await watching.stop();
  return watching.all();
}

type Left = { readonly quiet: boolean; readonly left: Readonly<Record<string, number>> };
/** Waits until nobody has anything left to read and no training is open. */
async function drained(context: Context, goOn: () => void): Promise<Left> {
  const { settings, paths } = context;
  let rest = 0;
  let left: Record<string, number> = {};
  for (const end = performance.now() + DRAIN_MS; performance.now() < end; await pause(1000)) {
    goOn();
    const lags = await lagsOf(context);
    const training = await fetch(`${urlOf(settings, 'trainer')}/trainings`, { signal: AbortSignal.timeout(3000) }).then((answer) => answer.json() as Promise<{ rows?: { status: string; approval: string | null }[] }>).catch(() => undefined);
    const open = training?.rows?.filter(({ status, approval }) => status !== 'FINISHED' && status !== 'FAILED' && approval !== 'awaiting').length;
    left = { ...Object.fromEntries(Object.entries(lags).map(([name, lag]) => [name, lag ?? Number.POSITIVE_INFINITY])), trainer: open ?? Number.POSITIVE_INFINITY };
    const ready = (await answersHttp(`${urlOf(settings, 'inference')}/health/ready`)) && PROCESSES.every((name) => readStates(paths.run)[name]?.pid !== undefined);
    rest = ready && Object.values(left).every((one) => one === 0) ? rest + 1 : 0;
    if (rest === REST_LOOKS) return { quiet: true, left };
  }
  return { quiet: false, left };
}
