// ./loop topics: what differs between the topics and the settings, and bringing it into line.
import { topicSpecs } from '../../schemas/topics.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { driftLine } from '../topicDrift.ts';
import { reconcileTopics } from '../topics.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export const topics: Verb = {
  summary: 'what differs between the topics and the settings; --apply changes it',
  usage: `usage: ./loop topics [--apply [--lose]] [--json]
Compares partitions, replicas, retention, cleanup policy and the like with what the settings ask for. ./loop up changes by itself what is safe.
  --apply   change what is safe: create what is absent, keep records longer
  --lose    also what makes Kafka keep less than now (a shorter retention, another cleanup policy)
  --json    one JSON object
Exits 1 while something differs.`,
  async run(args) {
    const { values, words } = readArgs(args, { apply: { type: 'boolean' }, lose: { type: 'boolean' }, json: { type: 'boolean' } });
    noWords(words);
    if (values.lose && !values.apply) throw new UsageError('--lose goes with --apply');
    const { settings } = openContext(process.env, { create: false });
    const { done, left } = await reconcileTopics(settings, values.lose ? 'lose' : values.apply ? 'safe' : 'look');
    if (values.json) console.log(JSON.stringify({ topics: topicSpecs(settings).length, changed: done, differs: left }, null, 2));
    else {
      for (const drift of done) console.log(`changed  ${driftLine(drift)}`);
      for (const drift of left) console.log(`differs  ${driftLine(drift)}`);
      if (left.length === 0) console.log(`${topicSpecs(settings).length} topics, as the settings ask for`);
    }
    return left.length === 0 ? 0 : 1;
  },
};
