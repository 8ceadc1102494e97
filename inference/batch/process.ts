// What the child process of a batch job does: the job comes in by message, what it does goes out. It ends when its parent's channel closes.
import { setPriority } from 'node:os';
import { createReadObject } from '../../consumers/objects.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher, UNLIMITED } from '../../producers/publisher.ts';
import { openRegistry } from '../../producers/connections.ts';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import { readModelSettings } from '../../schemas/settings.ts';
import type { FromChild, ToChild } from './run.ts';
import { createStorage } from './s3.ts';
import { workOn, type BatchJob, type BatchResult, type WorkPorts } from './work.ts';

const TELL_EVERY_MS = 500;
/** An answer is heard some blocks of rows after its group has left: with fewer on their way the next rows wait for it. Of at most 700 KB each. */
const GROUPS_IN_FLIGHT = 4;
/** Whoever waits for an answer now goes before a file (nice). */
const PRIORITY = 5;

/** change: what a test puts in the place of a port. */
export function answerParent(change: (ports: WorkPorts) => WorkPorts = (ports) => ports): void {
  const send = (message: FromChild): void => void process.send?.(message);
  let allow: (isOurs: boolean) => void = () => undefined;

  async function work(job: BatchJob, env: Readonly<Record<string, string | undefined>>): Promise<BatchResult> {
    const settings = readModelSettings(env);
    // Connects while the file is checked.
    const publisher = createPublisher({ kafka: createKafka(settings, 'inference-batch'), registry: openRegistry(settings), settings, limits: { ...UNLIMITED, inFlight: GROUPS_IN_FLIGHT } });
    publisher.catch(() => undefined);
    try {
      return await workOn(job, change({
        storage: createStorage(settings), read: createReadObject(settings), publish: async (messages) => (await publisher).send(messages), tell: send, nowMs: Date.now, auditRate: settings.auditRate, categories: settings.categories, tellEveryMs: TELL_EVERY_MS,
        mayFinish: () => new Promise((resolve) => {
          allow = resolve;
          send({ kind: 'may finish' });
        }),
      }));
    } finally {
      await publisher.then((one) => one.close(), () => undefined);
    }
  }
  setPriority(PRIORITY);
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
