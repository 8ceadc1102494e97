// What each process may do in Kafka: the one source of the page, of Strimzi's users and of the test that runs the loop with these rights and no others. Read and Write include Describe.
import { TOPIC_NAMES, type TopicName } from './topics.ts';

export const PRINCIPALS = ['inference', 'join', 'monitor', 'trainer', 'setup', 'client'] as const;
export type Principal = (typeof PRINCIPALS)[number];
/** groups and transactional ids that end with `*` are prefixes. */
export type Rights = { readonly reads: readonly TopicName[]; readonly writes: readonly TopicName[]; readonly groups: readonly string[]; readonly transactionalIds: readonly string[] };

/** The setup makes and changes topics beside what stands here; client: any program of yours, with groups of its own. */
export const RIGHTS: Readonly<Record<Principal, Rights>> = {
  // It sends dead letters to these topics again.
  inference: { reads: ['products', 'predictions', 'labelled', 'models', 'dead-letters', 'audit-log'], writes: ['products', 'predictions', 'feedback', 'retrain-requests', 'dead-letters', 'audit-log'], groups: ['inference', 'inference-positions', 'follow-*'], transactionalIds: ['inference-*'] },
  // A record on another partition than murmur2's is moved.
  join: { reads: ['predictions', 'feedback'], writes: ['predictions', 'feedback', 'labelled', 'examples', 'dead-letters'], groups: ['join', 'join-positions'], transactionalIds: ['join-*'] },
  monitor: { reads: ['labelled', 'tallies', 'models'], writes: ['tallies', 'retrain-requests', 'dead-letters'], groups: ['monitor', 'monitor-positions', 'follow-*', 'read-to-end-*'], transactionalIds: ['monitor-*'] },
  // Its own orders (schedule), labels of verified files, and the word of who serves.
  trainer: { reads: ['retrain-requests', 'examples', 'models'], writes: ['retrain-requests', 'feedback', 'models', 'dead-letters'], groups: ['trainer', 'read-to-end-*'], transactionalIds: ['models-*'] },
  // It looks whether Kafka knows a model that MySQL has lost.
  setup: { reads: ['models'], writes: ['retrain-requests'], groups: ['read-to-end-*'], transactionalIds: [] },
  client: { reads: ['predictions'], writes: ['products', 'feedback'], groups: ['client-*'], transactionalIds: [] },
};

export type Operation = 'Read' | 'Write' | 'Delete' | 'Create' | 'Describe' | 'DescribeConfigs' | 'Alter' | 'AlterConfigs';
export type Acl = { readonly type: 'topic' | 'group' | 'transactionalId'; readonly name: string; readonly patternType: 'literal' | 'prefix'; readonly operations: readonly Operation[] };
const named = (type: Acl['type'], name: string, operations: readonly Operation[]): Acl => (name.endsWith('*') ? { type, name: name.slice(0, -1), patternType: 'prefix', operations } : { type, name, patternType: 'literal', operations });
const MAKES: readonly Operation[] = ['Create', 'Describe', 'DescribeConfigs', 'Alter', 'AlterConfigs'];

/** All of a principal, one entry per resource. */
export function aclsOf(principal: Principal): Acl[] {
  const { reads, writes, groups, transactionalIds } = RIGHTS[principal];
  const topics = TOPIC_NAMES.flatMap((topic) => {
    const operations: Operation[] = [...(reads.includes(topic) ? ['Read' as const] : []), ...(writes.includes(topic) ? ['Write' as const] : []), ...(principal === 'setup' ? MAKES : [])];
    return operations.length === 0 ? [] : [named('topic', topic, operations)];
  });
  return [
    ...topics,
    // A group of one reading is taken away when it has been read.
    ...groups.map((group) => named('group', group, group.startsWith('read-to-end') ? ['Read', 'Delete'] : ['Read'])),
    ...transactionalIds.map((id) => named('transactionalId', id, ['Describe', 'Write'])),
  ];
}
