// What may be asked of the read model, and what it answers: the words that pass between the serving thread and the thread that holds it.
import { labelQueue, type QueueOrder } from './choose.ts';
import type { Cell, Progress, RecentLabels } from './labels.ts';
import { viewOf, type View } from './held.ts';
import type { Recent } from './recent.ts';

export type Question =
  | { readonly kind: 'find'; readonly id: string }
  | { readonly kind: 'size' }
  | { readonly kind: 'queue'; readonly order: QueueOrder; readonly limit: number; readonly serves?: string | undefined; readonly first: readonly string[]; readonly except: readonly string[] }
  | { readonly kind: 'behind'; readonly cell: Cell; readonly limit: number }
  | { readonly kind: 'progress'; readonly sinceMs: number }
  | { readonly kind: 'delays'; readonly shares: readonly number[] };
export type Found = { readonly status: 'found'; readonly prediction: View };
/** heldSince: broker time from which on a prediction with this id would surely be held; undefined: every prediction on the topic is. */
export type Absent = { readonly status: 'absent'; readonly heldSince: number | undefined };
export type Size = { readonly status: 'size'; readonly predictions: number; readonly bytes: number; readonly early: number };
export type ToLabel = { readonly status: 'queue'; readonly predictions: readonly View[]; readonly waiting: number };
/** Labelled ones that are still held, the newest label first. */
export type Behind = { readonly status: 'behind'; readonly predictions: readonly View[] };
export type Done = Progress & { readonly status: 'progress'; /** time of the oldest label that is counted, when older ones had to give way */ readonly heldSince: number | undefined };
export type Delays = { readonly status: 'delays'; /** one per share */ readonly delaysMs: readonly number[] | undefined };
export type Answer = Found | Absent | Size | ToLabel | Behind | Done | Delays;

export function answerTo(recent: Recent, labels: RecentLabels, question: Question): Answer {
  switch (question.kind) {
    case 'find': {
      const held = recent.find(question.id);
      return held === undefined ? { status: 'absent', heldSince: recent.heldSince(question.id) } : { status: 'found', prediction: viewOf(held) };
    }
    case 'size':
      return { status: 'size', ...recent.size() };
    case 'queue': {
      const { order, limit, serves } = question;
      const { chosen, waiting } = labelQueue(recent.newestFirst(), { order, limit, serves, first: new Set(question.first), except: new Set(question.except) });
      return { status: 'queue', predictions: chosen.map(viewOf), waiting };
    }
    case 'behind': {
      const predictions: View[] = [];
      for (const id of labels.behind(question.cell)) {
        if (predictions.length >= question.limit) break;
        const held = recent.find(id);
        if (held !== undefined) predictions.push(viewOf(held));
      }
      return { status: 'behind', predictions };
    }
    case 'progress':
      return { status: 'progress', ...labels.since(question.sinceMs), heldSince: labels.heldSince() };
    case 'delays':
      return { status: 'delays', delaysMs: labels.delays(question.shares) };
  }
}

/** To the thread; `stop` once. */
export type ToThread = { readonly asked: number; readonly question: Question } | 'stop';
/** From the thread: an answer, or how far it is. */
export type FromThread = { readonly asked: number; readonly answer: Answer } | { readonly stage: Stage };
/** predictions, labels: still reading what stood on the topics at its start. */
export type Stage = 'predictions' | 'labels' | 'caught up';
