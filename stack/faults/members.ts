// The processes that are hurt: joins and monitors with ports of their own, what each owns, and what their group has committed.
import type { ChildProcess } from 'node:child_process';
import type { TestContext } from 'node:test';
import { positionsGroupOf } from '../../consumers/shard.ts';
import { createKafka } from '../../producers/kafka.ts';
import type { TopicName } from '../../schemas/topics.ts';
import { MAIN } from '../processes.ts';
import { startProcess, type Bench } from '../testing.ts';
import type { Lane } from './schedule.ts';

const FIRST_PORT: Readonly<Record<Lane, number>> = { join: 14, monitor: 17, inference: 5 };
const PORT: Readonly<Record<Lane, string>> = { join: 'JOIN_PORT', monitor: 'MONITOR_PORT', inference: 'INFERENCE_PORT' };
const TOPICS: Readonly<Record<Lane, readonly TopicName[]>> = { join: ['predictions', 'feedback'], monitor: ['labelled'], inference: ['products'] };

export type Member = {
  readonly lane: Lane; readonly number: number; readonly url: string;
  start(): void;
  /** Undefined while it is away. */
  readonly child: () => ChildProcess | undefined;
  /** Sends a signal that ends it and waits for the end. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Partition numbers owned and live; none when it does not answer. */
  owned(): Promise<readonly number[]>;
  /** Records of its partitions it has not handled. */
  lag(): Promise<number>;
};
const textOf = (url: string): Promise<string> => fetch(url, { signal: AbortSignal.timeout(2000) }).then((answer) => answer.text(), () => '');

/** Member `number` of a lane. Whatever state it is in, it ends with the test. */
export function memberOf(t: TestContext, bench: Bench, lane: Lane, number: number, env: Readonly<Record<string, string>>): Member {
  const port = bench.settings.portBase + FIRST_PORT[lane] + number;
  const url = `http://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const lags = async (): Promise<Map<number, number>> => {
    const found = new Map<number, number>();
    for (const [, partition, lag] of (await textOf(`${url}/metrics`)).matchAll(/^loop_consumer_lag\{[^}]*partition="[a-z]+-(\d+)"[^}]*\} (\S+)$/gm)) found.set(Number(partition), (found.get(Number(partition)) ?? 0) + Number(lag));
    return found;
  };
  return {
    lane, number, url,
    child: () => child,
    start() {
      child = startProcess(t, bench, MAIN[lane], { ...env, [PORT[lane]]: String(port) }).child;
      const started = child;
      started.once('close', () => {
        if (child === started) child = undefined;
      });
    },
    async end(signal) {
      const ending = child;
      if (ending === undefined) return;
      const gone = new Promise((done) => ending.once('close', done));
      ending.kill(signal);
      await gone;
    },
    owned: async () => [...(await lags()).keys()],
    lag: async () => [...(await lags()).values()].reduce((sum, lag) => sum + lag, 0),
  };
}

/** Reads what a lane has committed: partition → positions as text. */
export async function openPositions(t: TestContext, { settings }: Bench): Promise<(lane: Lane) => Promise<ReadonlyMap<number, string>>> {
  const admin = createKafka(settings, 'faults').admin();
  await admin.connect();
  t.after(() => admin.disconnect());
  return async (lane) => {
    const positions = new Map<number, string>();
    for (const { partitions } of await admin.fetchOffsets({ groupId: positionsGroupOf(lane), topics: [...TOPICS[lane]] })) for (const { partition, offset } of partitions) positions.set(partition, `${positions.get(partition) ?? ''} ${offset}`);
    return positions;
  };
}
