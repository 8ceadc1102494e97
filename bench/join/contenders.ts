// Who is measured: our join and monitor as they are run in production, and the peers, each started afresh with nothing remembered.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import { withAdmin } from '../../producers/withAdmin.ts';
import { positionsGroupOf } from '../../consumers/shard.ts';
import { messageOf } from '../../schemas/failure.ts';
import { topicSpecs, type TopicName } from '../../schemas/topics.ts';
import { createTopics } from '../../stack/topics.ts';
import type { Say } from '../../stack/fetch.ts';
import type { Peer } from './peers.ts';
import type { BenchStack, Running } from '../stack.ts';
import { countsAsText, ourTallies, type Tallying } from './tallyReader.ts';

export type Contender = {
  readonly name: string;
  readonly title: string;
  readonly joins: boolean;
  /** the most records it is given in one run; it is too slow for more */
  readonly atMost: number;
  /** Prepares a start with nothing remembered and starts nothing yet. */
  fresh(stack: BenchStack): Promise<Attempt>;
};
export type Attempt = {
  /** Topic on which the tally is told. */
  readonly output: string;
  /** Group whose committed positions say how much of the inputs has been worked off. */
  readonly group: string;
  readonly tallying: () => Tallying;
  /** Starts, or after a stop starts again with what is remembered. */
  start(): Running[];
  /** Deletes what it left in the broker and on disk. Its programs are stopped. */
  clear(): Promise<void>;
};
export const INPUTS = ['predictions', 'feedback'] as const satisfies readonly TopicName[];
const OURS = ['labelled', 'examples', 'tallies', 'retrain-requests', 'dead-letters'] as const satisfies readonly TopicName[];
/** Deletes topics and waits until they are gone: the broker answers before it has done so. */
export async function deleteTopics(admin: Admin, doomed: (topic: string) => boolean): Promise<void> {
  const topics = (await admin.listTopics()).filter(doomed);
  if (topics.length === 0) return;
  await admin.deleteTopics({ topics });
  while ((await admin.listTopics()).some(doomed)) await pause(50);
}
/** Empties topics of ours by making them anew. */
export async function recreate(stack: BenchStack, names: readonly TopicName[]): Promise<void> {
  const doomed = new Set<string>(names);
  await withAdmin(stack.settings, 'bench-admin', (admin) => deleteTopics(admin, (topic) => doomed.has(topic)));
  for (let tries = 1; ; tries += 1) {
    try {
      await createTopics(stack);
      return;
    } catch (error) {
      // A topic of that name may still be on its way out.
      if (tries === 20) throw error;
      await pause(100);
    }
  }
}
const dropGroups = (stack: BenchStack, groups: readonly string[]): Promise<void> => withAdmin(stack.settings, 'bench-admin', async (admin) => {
  for (const group of groups) await admin.deleteGroups([group]).catch(() => undefined);
});

export const ours: Contender = {
  name: 'ours', title: 'ours (join + monitor)', joins: true, atMost: Infinity,
  async fresh(stack) {
    const clear = async (): Promise<void> => {
      await dropGroups(stack, ['join', 'monitor'].flatMap((name) => [name, positionsGroupOf(name)]));
      rmSync(join(stack.paths.home, 'state'), { recursive: true, force: true });
      await recreate(stack, OURS);
    };
    await clear();
    return {
      output: 'tallies' satisfies TopicName,
      group: positionsGroupOf('join'),
      tallying: () => ourTallies(stack.registry),
      start: () => [stack.startOurs('join', 'consumers/join/main.ts'), stack.startOurs('monitor', 'consumers/monitor/main.ts')],
      clear,
    };
  },
};

let attempts = 0;
/** A peer as a contender. Rejects when it cannot be installed. */
export async function contenderOf(peer: Peer, cache: string, say: Say): Promise<Contender> {
  const programOf = await peer.install(cache, say);
  return {
    name: peer.name, title: peer.title, joins: peer.counts !== true, atMost: peer.atMost ?? Infinity,
    async fresh(stack) {
      const { settings, paths } = stack;
      const group = `peer-${peer.name}-${(attempts += 1)}`;
      const output = `${group}-tally`;
      const stateDir = join(paths.home, 'state', group);
      mkdirSync(stateDir, { recursive: true });
      const width = topicSpecs(settings).find((spec) => spec.name === 'predictions')?.partitions ?? 1;
      await withAdmin(stack.settings, 'bench-admin', (admin) => admin.createTopics({ waitForLeaders: true, topics: [{ topic: output, numPartitions: width, replicationFactor: 1 }] }));
      const { program, args, env } = programOf({ bootstrap: settings.kafkaBootstrap, registryUrl: settings.registryUrl, group, stateDir, output });
      return {
        output, group,
        tallying: countsAsText,
        start: () => [stack.start(peer.name, program, args, env)],
        async clear() {
          // Their own topics (changelogs, repartitions) carry the group's name.
          await withAdmin(stack.settings, 'bench-admin', (admin) => deleteTopics(admin, (topic) => topic.includes(group)));
          await dropGroups(stack, [group]);
          rmSync(stateDir, { recursive: true, force: true });
        },
      };
    },
  };
}
/** Those that can be installed, and why the others cannot. */
export async function contendersOf(peers: readonly Peer[], cache: string, say: Say): Promise<{ readonly contenders: readonly Contender[]; readonly missing: readonly string[] }> {
  const contenders: Contender[] = [];
  const missing: string[] = [];
  for (const peer of peers) {
    try {
      contenders.push(await contenderOf(peer, cache, say));
    } catch (error) {
      missing.push(`${peer.title} was left out: ${messageOf(error).split('\n').slice(0, 3).join(' ')}`);
    }
  }
  return { contenders, missing };
}
