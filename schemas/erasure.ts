// How a text is erased, as everybody who holds it understands it: feedback of a reserved source for whoever joins, a record of the audit log for whoever looks up. Pure.
import type { AdminActed } from './events.ts';

/** Feedback of this source takes the text of a prediction away, for good: its label goes on counting, no example of it stands. Older readers take it for a withdrawal, which removes the example too. */
export const ERASURE_SOURCE = 'erasure';
export const isErasure = ({ source, category }: { readonly source: string; readonly category: string | null }): boolean => source === ERASURE_SOURCE && category === null;

/** Prediction ids whose text is to be forgotten, from a record of the audit log; of any other record: none. */
export function erasedIn({ action, details_json }: Pick<AdminActed, 'action' | 'details_json'>): readonly string[] {
  if (action !== 'erase') return [];
  try {
    const read: unknown = JSON.parse(details_json);
    const ids: unknown = typeof read === 'object' && read !== null ? Reflect.get(read, 'prediction_ids') : undefined;
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
  } catch {
    return [];
  }
}
