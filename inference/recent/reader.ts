// The serving side of the read model: asks the thread that holds it, and starts that thread again when it has ended. Serving goes on without it.
import { Worker } from 'node:worker_threads';
import type { Log } from '../../producers/kafka.ts';
import { transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Answer, FromThread, Question, Stage, ToThread } from './questions.ts';

export type RecentReader = {
  /** Throws transient `recent_away` when no answer comes. */
  ask(question: Question): Promise<Answer>;
  stage(): Stage | 'off';
  stop(): Promise<void>;
};
const ASK_TIMEOUT_MS = 3000;
const MAX_ASKED = 1000;
const AGAIN_MS = 1000;
const MOST_AGAIN_MS = 30_000;
const STOP_MS = 3000;
type Open = { readonly resolve: (answer: Answer) => void; readonly reject: (error: Error) => void; readonly timer: NodeJS.Timeout };
const away = (why: string): Error => transient('recent_away', `the read model does not answer (${why}); ask again`);

/** RECENT_PREDICTIONS=0: no thread; every question is refused. */
export function openRecent(settings: Settings, log: Log, thread = new URL('./thread.ts', import.meta.url)): RecentReader {
  const open = new Map<number, Open>();
  let asked = 0;
  let stage: Stage | 'off' = settings.recentPredictions === 0 ? 'off' : 'predictions';
  let failures = 0;
  let worker: Worker | undefined;
  let again: NodeJS.Timeout | undefined;
  let stopping = false;

  function settle(id: number): Open | undefined {
    const one = open.get(id);
    open.delete(id);
    clearTimeout(one?.timer);
    return one;
  }
  function start(): void {
    const room = Math.ceil(settings.recentBytes / 1_000_000);
    // Should the estimate of its memory be wrong, the thread ends, not the service.
    const made = new Worker(thread, { workerData: settings, resourceLimits: { maxOldGenerationSizeMb: 2 * room + 256, maxYoungGenerationSizeMb: 48 } });
    worker = made;
    made.on('message', (message: FromThread) => {
      if ('stage' in message) {
        stage = message.stage;
        if (stage === 'caught up') failures = 0;
      } else settle(message.asked)?.resolve(message.answer);
    });
    made.on('error', (error) => log.error({ reason: error.message }, 'the read model has failed'));
    made.on('exit', () => {
      worker = undefined;
      stage = 'predictions';
      for (const id of [...open.keys()]) settle(id)?.reject(away('it has just ended'));
      if (stopping) return;
      failures += 1;
      again = setTimeout(start, Math.min(MOST_AGAIN_MS, AGAIN_MS * 2 ** (failures - 1)));
    });
  }
  if (stage !== 'off') start();
  const post = (message: ToThread): void => worker?.postMessage(message);
  return {
    stage: () => stage,
    ask(question) {
      if (worker === undefined) return Promise.reject(away(stage === 'off' ? 'RECENT_PREDICTIONS=0 turns it off' : 'it is being started'));
      if (open.size >= MAX_ASKED) return Promise.reject(away('too many questions wait'));
      asked += 1;
      const id = asked;
      return new Promise((resolve, reject) => {
        open.set(id, { resolve, reject, timer: setTimeout(() => settle(id)?.reject(away(`no answer within ${ASK_TIMEOUT_MS} ms`)), ASK_TIMEOUT_MS) });
        post({ asked: id, question });
      });
    },
    async stop() {
      stopping = true;
      clearTimeout(again);
      const last = worker;
      if (last === undefined) return;
      const gone = new Promise<void>((resolve) => last.once('exit', () => resolve()));
      post('stop');
      const timer = setTimeout(() => void last.terminate(), STOP_MS);
      await gone;
      clearTimeout(timer);
    },
  };
}
