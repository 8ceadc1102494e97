// Hands out predictions to label. Each is held by one person at most, by the table all instances share. While MySQL is away labelling goes on: this instance alone sees to it then, with what it has seen of the table.
import type { Log } from '../../producers/kafka.ts';
import { messageOf } from '../../schemas/failure.ts';
import type { QueueOrder } from '../recent/choose.ts';
import type { Answer, Question } from '../recent/questions.ts';
import type { View } from '../recent/held.ts';
import { allowed, createLeases, type InHand, type Taken } from './leases.ts';
import type { SharedLeases } from './sharedLeases.ts';

export type Wish = { readonly order: QueueOrder; readonly limit: number; /** in hand already, or labelled a moment ago */ readonly except: readonly string[] };
export type Handed = { readonly items: readonly { readonly prediction: View; readonly untilMs: number }[]; readonly waiting: number; /** whether other instances know of these leases */ readonly shared: boolean };
export type LabelDesk = {
  lease(holder: string, wish: Wish): Promise<Handed>;
  /** True when other instances know it too. */
  release(holder: string, ids: readonly string[]): Promise<boolean>;
};
type Ports = { readonly recent: { ask(question: Question): Promise<Answer> }; readonly shared: Omit<SharedLeases, 'close'>; /** the version that serves */ readonly serves: () => string | undefined; readonly leaseMs: number; readonly nowMs: () => number; readonly log: Log };

/** Others may be quicker: the next best are asked for, not without end. */
const ROUNDS = 3;
/** One that did not answer is not waited for again at once. */
const LEAVE_ALONE_MS = 5000;
const both = (a: InHand, b: InHand): InHand => ({ mine: [...new Set([...a.mine, ...b.mine])], others: [...a.others, ...b.others] });

export function openLabelDesk({ recent, shared, serves, leaseMs, nowMs, log }: Ports): LabelDesk {
  // Given out without the table, or on the way to it: these hold in any case.
  const alone = createLeases(leaseMs);
  // As the table said when it was last asked: other instances may have changed it since, so this counts only while it cannot be asked.
  const seen = createLeases(leaseMs);
  let askAgainAtMs = 0;
  /** undefined: MySQL is away. */
  async function asked<T>(ask: () => Promise<T>): Promise<T | undefined> {
    if (nowMs() < askAgainAtMs) return undefined;
    return ask().catch((error: unknown) => {
      askAgainAtMs = nowMs() + LEAVE_ALONE_MS;
      log.warn({ reason: messageOf(error) }, 'the table of label leases cannot be reached: this instance hands out labels by itself');
      return undefined;
    });
  }
  async function held(holder: string): Promise<InHand> {
    const [own, told] = [alone.held(holder, nowMs()), seen.held(holder, nowMs())];
    return both(own, (await asked(() => shared.held(holder))) ?? told);
  }
  /** Here at once, so that nobody else of this instance gets them meanwhile; then for all. */
  async function take(holder: string, ids: readonly string[]): Promise<readonly Taken[]> {
    const ours = alone.take(holder, ids, nowMs());
    const wanted = ours.map(({ id }) => id);
    const all = await asked(() => shared.take(holder, wanted));
    if (all === undefined) {
      const taken = new Set(seen.held(holder, nowMs()).others);
      alone.release(holder, wanted.filter((id) => taken.has(id)));
      return ours.filter(({ id }) => !taken.has(id));
    }
    alone.release(holder, wanted);
    seen.note(holder, all.map(({ id }) => id), nowMs());
    return all;
  }
  return {
    async lease(holder, { order, limit, except }) {
      const items: { prediction: View; untilMs: number }[] = [];
      let waiting = 0;
      for (let round = 0; round < ROUNDS && items.length < limit; round += 1) {
        const { mine, others } = await held(holder);
        const done = new Set([...except, ...items.map(({ prediction }) => prediction.prediction_id)]);
        const answer = await recent.ask({ kind: 'queue', order, limit: limit - items.length, serves: serves(), first: mine, except: [...others, ...done] });
        if (answer.status !== 'queue') break;
        waiting = answer.waiting;
        const offered = new Map(answer.predictions.map((prediction) => [prediction.prediction_id, prediction]));
        const wanted = allowed([...offered.keys()], mine);
        const taken = new Map((await take(holder, wanted)).map(({ id, untilMs }) => [id, untilMs]));
        // In the order of the queue.
        for (const [id, prediction] of offered) {
          const untilMs = taken.get(id);
          if (untilMs !== undefined) items.push({ prediction, untilMs });
        }
        if (taken.size === wanted.length) break;
      }
      return { items, waiting, shared: nowMs() >= askAgainAtMs };
    },
    async release(holder, ids) {
      alone.release(holder, ids);
      seen.release(holder, ids);
      return (await asked(() => shared.release(holder, ids).then(() => true))) ?? false;
    },
  };
}
