// The thread that holds the read model: it follows `predictions` and then `labelled`, and answers questions. A thread of its own, so that neither the decoding nor the garbage
// collection of a hundred thousand predictions stands in the way of a request. First predictions, then labels: a label is told of a prediction that is known.
import { parentPort, workerData } from 'node:worker_threads';
import { follow, type Following } from '../../consumers/follow.ts';
import { readInput, readKnown } from '../../consumers/inputs.ts';
import { openPulse } from '../../consumers/pulse.ts';
import { createLog } from '../../consumers/service.ts';
import { beforeEnds, sinceTime } from '../../consumers/starts.ts';
import { openRegistry } from '../../producers/connections.ts';
import { schemaIdOf } from '../../schemas/codec.ts';
import { erasedIn } from '../../schemas/erasure.ts';
import { kindOf, messageOf } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import { answerTo, type Answer, type FromThread, type Stage, type ToThread } from './questions.ts';
import { createRecentLabels } from './labels.ts';
import { createRecent } from './recent.ts';
import { createWaiting } from './waiting.ts';

const settings = workerData as Settings;
const port = parentPort;
if (port === null) throw new Error('thread.ts is a worker thread');
const log = createLog('inference-recent', settings.logLevel);
const registry = openRegistry(settings);
const recent = createRecent({ predictions: settings.recentPredictions, bytes: settings.recentBytes, partitions: settings.partitions });
/** Some 15 MB. */
const LABELS = 50_000;
const labels = createRecentLabels(LABELS);
const OWN_WRITES_MS = 500;
/** Some hundred predictions. Without it each group that is published is fetched by itself, which under load costs more than reading it. */
const FETCH_BYTES = 512 * 1024;
const waiting = createWaiting({
  max: 1000, waitMs: OWN_WRITES_MS,
  later(callBack, ms) {
    const timer = setTimeout(callBack, ms);
    return () => clearTimeout(timer);
  },
});
let stage: Stage = 'predictions';
const followings: Following[] = [];
const pulse = openPulse({ settings, name: 'inference-recent', log, onStuck: (error) => fail(error) });
const say = (message: FromThread): void => port.postMessage(message);
function reach(now: Stage): void {
  stage = now;
  say({ stage });
  log.info({ ...recent.size() }, `read model: ${now}`);
}

port.on('message', (message: ToThread) => {
  if (message === 'stop') return void Promise.all([pulse.stop(), ...followings.map((one) => one.stop())]).finally(() => port.close());
  const { asked, question } = message;
  const answer = (): Answer => answerTo(recent, labels, question);
  const first = answer();
  if (first.status === 'absent' && stage === 'caught up' && question.kind === 'find' && waiting.add(question.id, () => say({ asked, answer: answer() }))) return;
  say({ asked, answer: first });
});

const fail = (error: unknown): void => {
  log.error({ reason: messageOf(error) }, 'the read model has ended; it is built again');
  process.exit(1);
};
// Records that are no events are the join's to set aside.
const asking = { registry, partitions: settings.partitions, consumer: 'inference-recent', nowMs: 0 };
const predictions = { ...asking, topic: 'predictions' as const, idOf: (event: { readonly prediction_id: string }) => event.prediction_id };
const labelled = { ...asking, topic: 'labelled' as const, partitions: settings.labelledPartitions, idOf: (event: { readonly model_name: string }) => event.model_name };

async function followLabels(): Promise<void> {
  // A label is never older than its prediction; where nothing is held there is nothing to be labelled but what comes.
  const startAt = await sinceTime(settings, 'labelled', recent.oldestMs() ?? Date.now());
  followings.push(await follow({
    settings, pulse, clientId: 'inference-recent-labels', log, topics: ['labelled'], startAt, onFatal: fail, onCaughtUp: () => reach('caught up'),
    async onBatch(records) {
      for (const record of records) {
        const read = readKnown(labelled, record) ?? (await readInput(labelled, record));
        if (read.status !== 'event') continue;
        recent.labelled(read.event);
        labels.labelled(read.event);
      }
    },
  }));
}
/** What was erased stays erased here, also after a restart: the topic of predictions may hold its text for weeks. */
async function followErasures(): Promise<void> {
  followings.push(await follow({
    settings, clientId: 'inference-recent-erasures', log, topics: ['audit-log'], onFatal: fail,
    async onBatch(records) {
      for (const { value } of records) {
        if (value === null) continue;
        try {
          for (const id of erasedIn(await registry.decode('audit-log', value))) recent.erase(id);
        } catch (error) {
          if (kindOf(error) !== 'poison') throw error;
        }
      }
    },
  }));
}
try {
  await followErasures();
  // Twice as many offsets as there is room: each transaction of the stream ends with a marker that takes one.
  const ours = await registry.idOf('predictions');
  const startAt = await beforeEnds(settings, 'predictions', 2 * Math.ceil(settings.recentPredictions / settings.partitions));
  followings.push(await follow({
    settings, pulse, clientId: 'inference-recent', log, topics: ['predictions'], startAt, minBytes: FETCH_BYTES, onFatal: fail,
    onCaughtUp() {
      reach('labels');
      followLabels().catch(fail);
    },
    async onBatch(records) {
      for (const record of records) {
        const { window } = record;
        if (window !== undefined && schemaIdOf(window.bytes, window.valueFrom, window.valueTo) === ours && recent.record(record.partition, record.timestampMs, window)) {
          if (waiting.some()) waiting.came(window.bytes.toString('utf8', window.keyFrom, window.keyTo));
          continue;
        }
        const read = readKnown(predictions, record) ?? (await readInput(predictions, record));
        if (read.status !== 'event') continue;
        recent.prediction(record.partition, record.timestampMs, read.event);
        waiting.came(read.event.prediction_id);
      }
    },
  }));
} catch (error) {
  fail(error);
}
