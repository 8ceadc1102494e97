// What may be asked of the read model, and what it answers: the words that pass between the serving thread and the thread that holds it.
import { viewOf, type Recent, type View } from './recent.ts';

export type Question = { readonly kind: 'find'; readonly id: string } | { readonly kind: 'size' };
export type Found = { readonly status: 'found'; readonly prediction: View };
/** heldSince: broker time from which on a prediction with this id would surely be held; undefined: every prediction on the topic is. */
export type Absent = { readonly status: 'absent'; readonly heldSince: number | undefined };
export type Size = { readonly status: 'size'; readonly predictions: number; readonly bytes: number; readonly early: number };
export type Answer = Found | Absent | Size;

export function answerTo(recent: Recent, question: Question): Answer {
  switch (question.kind) {
    case 'find': {
      const held = recent.find(question.id);
      return held === undefined ? { status: 'absent', heldSince: recent.heldSince(question.id) } : { status: 'found', prediction: viewOf(held) };
    }
    case 'size':
      return { status: 'size', ...recent.size() };
  }
}

/** To the thread; `stop` once. */
export type ToThread = { readonly asked: number; readonly question: Question } | 'stop';
/** From the thread: an answer, or how far it is. */
export type FromThread = { readonly asked: number; readonly answer: Answer } | { readonly stage: Stage };
/** predictions, labels: still reading what stood on the topics at its start. */
export type Stage = 'predictions' | 'labels' | 'caught up';
