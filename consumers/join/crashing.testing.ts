// A join that kills itself inside the replay of partition 0, at its third batch of feedback: by then the predictions have been read. With `open` as its argument
// its barrier is always open, as in a join without one. For replay.it.test.ts only.
import { createLog } from '../service.ts';
import { allReached } from '../barrier.ts';
import { runShards } from '../shards.ts';
import { openRegistry } from '../../producers/connections.ts';
import { readSettings } from '../../schemas/settings.ts';
import { createJoinMetrics } from './metrics.ts';
import { JOIN_TOPICS } from './state.ts';
import { openJoin } from './worker.ts';

const settings = readSettings(process.env);
const registry = openRegistry(settings);
const log = createLog('crashing-join', 'info');
const none = { predictions: 0, held: 0 };
const metrics = createJoinMetrics({ waiting: () => none, state: () => ({ entries: 0, indexBytes: 0, fileBytes: 0, unsavedBytes: 0 }), coverage: () => [], mixes: () => [], lags: () => new Map() });
let batches = 0;
await runShards({
  settings, registry, log, name: 'join', topics: JOIN_TOPICS, onNewLog: 'ask', onFatal: () => process.exit(1),
  barrier: process.argv[2] === 'open' ? () => true : allReached,
  async open(opening) {
    const task = await openJoin(opening, { settings, registry, metrics, nowMs: Date.now });
    return {
      ...task,
      async handle(topic, records, committed) {
        if (opening.partition === 0 && topic === 'feedback') batches += 1;
        if (batches === 3 && (records.at(-1)?.offset ?? committed) < committed) process.kill(process.pid, 'SIGKILL');
        return task.handle(topic, records, committed);
      },
    };
  },
});
