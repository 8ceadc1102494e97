// POST /v1/feedback: what people say about predictions, one word or many; taken when Kafka has acknowledged it.
import { Type, type Static } from 'typebox';
import type { Outgoing } from '../../producers/outgoing.ts';
import { ERASURE_SOURCE } from '../../schemas/erasure.ts';
import type { Feedback } from '../../schemas/events.ts';
import type { ServingModel } from '../serving/loader.ts';
import { chargeItems, nameOf } from '../http/door.ts';
import { idFor, KeyHeader } from '../http/once.ts';
import { documentOf, Problem } from '../http/problem.ts';
import type { Door, Once } from './order.ts';
import { answersOf, Category, Id, oneOrMany, orNull, ProblemDocument, type App } from './shapes.ts';

export type FeedbackPorts = {
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>;
  readonly serving: () => ServingModel | undefined;
  readonly newId: () => string;
  readonly nowMs: () => number;
  readonly modelName: string;
  readonly defaultCategories: readonly string[];
  /** The token's name stands before what the caller says of itself. */
  readonly sourceByToken: boolean;
};
const Word = Type.Object(
  { prediction_id: Id, category: orNull(Category), source: Type.Optional(Type.String({ minLength: 1, maxLength: 100, examples: ['expert'] })), feedback_id: Type.Optional(Id) },
  { title: 'Feedback', description: 'What somebody says of a prediction; category null withdraws. The same feedback_id again changes nothing. A prediction that is not known yet is legal.' },
);
type Word = Static<typeof Word>;
const Accepted = Type.Object({ prediction_id: Id, feedback_id: Id, status: Type.Literal('accepted') }, { title: 'FeedbackAccepted' });
const Refused = Type.Object({ prediction_id: Id, status: Type.Literal('refused'), problem: ProblemDocument }, { title: 'FeedbackRefused' });

export function feedbackRoutes(app: App, ports: FeedbackPorts, needs: Door, once: Once): void {
  /** Why a word cannot be taken: title, what is wrong, in which field; undefined: it can. */
  function checker(): (word: Word) => readonly [title: string, detail: string, field: 'category' | 'feedback_id' | 'source'] | undefined {
    // The defaults too: a label may be for a prediction of an earlier model. The join judges by that prediction's own categories.
    const allowed = new Set([...(ports.serving()?.categories ?? []), ...ports.defaultCategories]);
    const seen = new Set<string>();
    return ({ category, feedback_id, source }) => {
      if (source === ERASURE_SOURCE) return ['reserved source', `'${ERASURE_SOURCE}' is kept for texts that are erased (./loop erase); name yours otherwise`, 'source'];
      if (category !== null && !allowed.has(category)) return ['unknown category', `'${category}' is not a category; there is ${[...allowed].join(', ')}, or null to withdraw`, 'category'];
      if (feedback_id !== undefined && seen.size === seen.add(feedback_id).size) return ['id stands twice', `feedback_id '${feedback_id}' stands twice in this request; give each word its own or leave it out`, 'feedback_id'];
      return undefined;
    };
  }
  const sourceOf = (given: string | undefined, name: string): string => (ports.sourceByToken ? (given === undefined ? name : `${name}/${given}`) : (given ?? 'http'));
  const eventOf = (word: Word, name: string, i: number, id: (i: number, ...content: string[]) => string): Feedback => ({ prediction_id: word.prediction_id, feedback_id: word.feedback_id ?? id(i, word.prediction_id, word.category ?? '', word.source ?? ''), model_name: ports.modelName, category: word.category, source: sourceOf(word.source, name), given_at: ports.nowMs() });
  const publish = (events: readonly Feedback[]): Promise<void> => ports.publish(events.map((event) => ({ topic: 'feedback', key: event.prediction_id, value: event })));
  const acceptedOf = ({ prediction_id, feedback_id }: Feedback) => ({ prediction_id, feedback_id, status: 'accepted' as const });

  app.post('/v1/feedback', {
    onRequest: needs('feedback'), preHandler: once,
    schema: {
      tag: 'feedback', summary: 'Say what a prediction should have been: one word, or up to 1,000', refuses: [422, 503], headers: KeyHeader, body: oneOrMany(Word), response: { 202: answersOf(Accepted, Refused, 'feedback') },
      description: 'A list is answered in order, word by word: accepted, or why this one was refused while the others were taken. A body that breaks the schema is refused as a whole.',
    },
  }, async (request, reply) => {
    const { body } = request;
    chargeItems(request, 'items' in body ? body.items.length : 1);
    const wrong = checker();
    const id = idFor(request, ports.newId);
    if (!('items' in body)) {
      const why = wrong(body);
      if (why !== undefined) throw new Problem(400, ...why);
      const event = eventOf(body, nameOf(request), 0, id);
      await publish([event]);
      return reply.code(202).send(acceptedOf(event));
    }
    const verdicts = body.items.map((word, i) => {
      const why = wrong(word);
      return why === undefined ? eventOf(word, nameOf(request), i, id) : { prediction_id: word.prediction_id, status: 'refused' as const, problem: documentOf(400, why[0], why[1], `items.${i}.${why[2]}`) };
    });
    const events = verdicts.filter((one): one is Feedback => 'given_at' in one);
    await publish(events);
    return reply.code(202).send({ feedback: verdicts.map((one) => ('given_at' in one ? acceptedOf(one) : one)), refused: verdicts.length - events.length });
  });
}
