// Partition n of every topic goes to the same member: what a join needs, and what spreads the others evenly.
import kafkajs from 'kafkajs';
import type { PartitionAssigner } from 'kafkajs';

const NAME = 'loop-co-partitioned';
const VERSION = 1;

/** member → topic → partitions. Sorted members take partition numbers in turn; a number is never split between members. */
export function assignmentOf(members: readonly string[], topics: ReadonlyMap<string, number>): ReadonlyMap<string, Record<string, number[]>> {
  const sorted = [...members].sort();
  const result = new Map<string, Record<string, number[]>>(sorted.map((member) => [member, Object.fromEntries([...topics.keys()].map((topic) => [topic, []]))]));
  for (let n = 0; n < Math.max(0, ...topics.values()); n += 1) {
    const mine = result.get(sorted[n % sorted.length] ?? '');
    for (const [topic, width] of topics) if (n < width) mine?.[topic]?.push(n);
  }
  return result;
}

export const coPartitioned: PartitionAssigner = ({ cluster }) => ({
  name: NAME,
  version: VERSION,
  protocol: ({ topics }) => ({ name: NAME, metadata: kafkajs.AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: Buffer.alloc(0) }) }),
  async assign({ members, topics }) {
    const widths = new Map(topics.map((topic) => [topic, cluster.findTopicPartitionMetadata(topic).length]));
    const assignment = assignmentOf(members.map((member) => member.memberId), widths);
    return Promise.resolve([...assignment].map(([memberId, own]) => ({ memberId, memberAssignment: kafkajs.AssignerProtocol.MemberAssignment.encode({ version: VERSION, assignment: own, userData: Buffer.alloc(0) }) })));
  },
});
