// Promotions as Kafka and the ledger number them. Pure. Kafka is what serves: a ledger that knows less than the topic `models` has been lost, and nothing may be promoted until it is brought back.
import type { ModelPromoted } from '../../schemas/events.ts';

export type Announced = Pick<ModelPromoted, 'promotion_seq' | 'run_id' | 'model_version'>;
/** next: it may be published. stands: it has been. outrun: readers have passed its number and would not heed it. */
export function turnOf(event: Pick<ModelPromoted, 'promotion_seq' | 'run_id'>, standing: Announced | undefined): 'next' | 'stands' | 'outrun' {
  if (standing === undefined || standing.promotion_seq < event.promotion_seq) return 'next';
  return standing.promotion_seq === event.promotion_seq && standing.run_id === event.run_id ? 'stands' : 'outrun';
}

/** The highest promotion of every model among events in any order. */
export function highestOf<E extends Announced & Pick<ModelPromoted, 'model_name'>>(events: Iterable<E>): Map<string, E> {
  const highest = new Map<string, E>();
  for (const event of events) if ((highest.get(event.model_name)?.promotion_seq ?? 0) < event.promotion_seq) highest.set(event.model_name, event);
  return highest;
}

/** How many promotions the ledger lacks. */
export const missingIn = (ledgerSeq: number, kafkaSeq: number): number => Math.max(0, kafkaSeq - ledgerSeq);
export const WAY_OUT = 'bring the dump of MySQL back, or run ./loop rebuild';
export const behindText = (modelName: string, ledgerSeq: number, kafkaSeq: number): string =>
  `the ledger in MySQL knows ${ledgerSeq === 0 ? 'no promotion' : `promotion ${ledgerSeq}`} of '${modelName}', the topic models knows ${kafkaSeq}: MySQL has lost rows. Nothing is trained or promoted until it knows them again: ${WAY_OUT}`;
