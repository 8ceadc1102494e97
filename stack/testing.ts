// What integration tests share: settings of the stack they run on, events as they arrive, processes they may kill.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { follow } from '../consumers/follow.ts';
import { createKafka, silent } from '../producers/kafka.ts';
import { createPublisher, type Publisher } from '../producers/publisher.ts';
import { openRegistry } from '../producers/connections.ts';
import type { Feedback, Prediction } from '../schemas/events.ts';
import type { Registry } from '../schemas/registry.ts';
import { kindOf } from '../schemas/failure.ts';
import type { Settings } from '../schemas/settings.ts';
import type { EventOf, TopicName } from '../schemas/topics.ts';
import { openContext } from './context.ts';
import { credentialsOf } from './mysqlUsers.ts';
import { PROJECT_DIR } from './paths.ts';
import { nodeFlagsOf } from './processes.ts';

export type Bench = { readonly settings: Settings; readonly registry: Registry; readonly env: Readonly<Record<string, string | undefined>>; readonly logs: string; readonly tokens: Readonly<Record<string, string>>; readonly publisher: Publisher };

const ends = new WeakMap<TestContext, (() => unknown)[]>();
/** What is to be closed when the test ends, the last opened first: what uses a thing is closed before the thing. Each is tried, also after one that fails; the first failure is the test's. (node:test closes the first opened first and stops at a failure, which leaves the process hanging on what is still open.) */
export function closeAtEnd(t: TestContext, close: () => unknown): void {
  const known = ends.get(t);
  if (known !== undefined) return void known.push(close);
  const closing = [close];
  ends.set(t, closing);
  t.after(async () => {
    const failures: unknown[] = [];
    for (const one of closing.toReversed()) await Promise.resolve().then(one).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  });
}

/** The running stack that LOOP_HOME names; its publisher is closed with the test. */
export async function openBench(t: TestContext): Promise<Bench> {
  const { settings, env, paths, secrets } = openContext(process.env, { create: false });
  const registry = openRegistry(settings);
  const publisher = await createPublisher({ kafka: createKafka(settings, 'test'), registry, settings });
  closeAtEnd(t, () => publisher.close());
  return { settings, registry, env, logs: paths.logs, tokens: secrets.tokens, publisher };
}

/** Everything of one topic that can be read, from its start and as it comes: other tests leave poison on the topics they share. */
export async function watch<T extends TopicName>(t: TestContext, { settings, registry }: Bench, topic: T): Promise<EventOf[T][]> {
  const events: EventOf[T][] = [];
  const following = await follow({
    settings, clientId: `test-${randomUUID()}`, log: silent, topics: [topic],
    onBatch: async (records) => {
      for (const { value } of records) {
        if (value === null) continue;
        try {
          events.push(await registry.decode(topic, value));
        } catch (error) {
          if (kindOf(error) !== 'poison') throw error;
        }
      }
    },
    onFatal: (error) => {
      throw error;
    },
  });
  closeAtEnd(t, () => following.stop());
  return events;
}

/** Resolves with what `find` gives once it gives something. The deadline only turns a hang into a message. */
export async function until<R>(what: string, find: () => R | undefined | Promise<R | undefined>, deadlineMs = 240_000): Promise<R> {
  for (const end = performance.now() + deadlineMs; performance.now() < end; await pause(50)) {
    const found = await find();
    if (found !== undefined) return found;
  }
  throw new Error(`never came: ${what}`);
}

/** Starts one of our processes; stopped with the test. */
export function startProcess(t: TestContext, { env, logs, settings }: Bench, main: string, extra: Record<string, string> = {}, args: readonly string[] = []): { child: ChildProcess; kill9: () => Promise<void> } {
  const log = openSync(join(logs, `test-${main.replaceAll('/', '-')}.log`), 'a');
  const child = spawn(process.execPath, [...nodeFlagsOf(main), main, ...args], { cwd: PROJECT_DIR, env: { ...env, ...credentialsOf(main, settings), ...extra }, stdio: ['ignore', log, log] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  closeAtEnd(t, async () => {
    child.kill('SIGTERM');
    await gone;
  });
  return { child, kill9: async () => (child.kill('SIGKILL'), gone) };
}

/** A process's figures as Prometheus reads them: `name{label="value"}` → value. Empty while it does not answer. */
export async function scrape(port: number): Promise<ReadonlyMap<string, number>> {
  const text = await fetch(`http://127.0.0.1:${port}/metrics`).then((answer) => answer.text(), () => '');
  return new Map(text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}
/** Resolves when the join owns every partition and has handled all that stands on its inputs. */
export const joinIdle = ({ settings }: Bench): Promise<true> =>
  until('the join has caught up', async () => {
    const lags = [...(await scrape(settings.joinPort))].filter(([series]) => series.startsWith('loop_consumer_lag{')).map(([, lag]) => lag);
    return lags.length === 2 * settings.partitions && lags.every((lag) => lag === 0) ? true : undefined;
  });

export const aPrediction = (id: string, modelVersion: string, category = 'Beverages'): Prediction => ({
  prediction_id: id, model_name: 'grocery', model_version: modelVersion, product_description: `text of ${id}`, category,
  probabilities: [{ category: 'Beverages', probability: 0.7 }, { category: 'Fresh & Perishable Items', probability: 0.3 }], predicted_at: 0, audit: false,
});
export const aFeedback = (id: string, feedbackId: string, category: string | null): Feedback => ({ prediction_id: id, feedback_id: feedbackId, model_name: 'grocery', category, source: 'test', given_at: 0 });
