// What the child process of a batch job does: the job comes in by message, what it does goes out. It ends when its parent's channel closes.
import { setPriority } from 'node:os';
import { createReadObject } from '../../consumers/objects.ts';
import { createKafka } from '../../producers/kafka.ts';
import { openPackedSender } from '../../producers/packed.ts';
import { widthsOf } from '../../producers/publisher.ts';
import { openRegistry } from '../../producers/connections.ts';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readModelSettings } from '../../schemas/settings.ts';
import { openCrew } from './crew.ts';
import type { FromChild, ToChild } from './run.ts';
import { createStorage } from './s3.ts';
import { workOn, type BatchJob, type BatchResult, type WorkPorts } from './work.ts';

const TELL_EVERY_MS = 500;
/** Some hundred kilobytes of events: few enough to be in memory several times over, enough to cost the broker little. */
const BLOCK_SIZE = { bytes: 128 * 1024, rows: 2000 };
/** Whoever waits for an answer now goes before a file (nice). */
const PRIORITY = 5;

/** change: what a test puts in the place of a port. */
export function answerParent(change: (ports: WorkPorts) => WorkPorts = (ports) => ports): void {
  setPriority(PRIORITY);
  const crew = openCrew();
  const send = (message: FromChild): void => void process.send?.(message);
  let allow: (isOurs: boolean) => void = () => undefined;

  async function work(job: BatchJob, env: Readonly<Record<string, string | undefined>>): Promise<BatchResult> {
    const settings = readModelSettings(env, readSecretFile);
    const registry = openRegistry(settings);
    // Connects while the file is checked.
    const sender = openPackedSender(createKafka(settings, 'inference-batch'));
    sender.catch(() => undefined);
    try {
      return await workOn(job, change({
        storage: createStorage(settings), read: createReadObject(settings), publish: async (batches) => (await sender).send(batches), tell: send, nowMs: Date.now, auditRate: settings.auditRate, categories: settings.categories, tellEveryMs: TELL_EVERY_MS,
        crew, blockSize: BLOCK_SIZE, wire: async () => ({ predictionsId: await registry.idOf('predictions'), feedbackId: await registry.idOf('feedback'), widths: widthsOf(settings) }),
        mayFinish: () => new Promise((resolve) => {
          allow = resolve;
          send({ kind: 'may finish' });
        }),
      }));
    } finally {
      crew.close();
      await sender.then((one) => one.close(), () => undefined);
    }
  }
  process.on('disconnect', () => process.exit(1));
  process.on('message', (raw) => {
    // The parent is our own code.
    const message = raw as ToChild;
    if (message.kind === 'answer') return allow(message.isOurs);
    work(message.job, message.env)
      .then((result) => send({ kind: 'done', result }), (error: unknown) => send({ kind: 'failed', code: error instanceof LoopError ? error.code : 'unexpected', retryable: error instanceof LoopError && error.retryable, message: messageOf(error) }))
      .finally(() => process.disconnect());
  });
}
