// A session of labelling at the keyboard, key by key: what is in hand, what is chosen, what is to be done. Pure.
import { bar, harmless } from './terminal.ts';

export type Item = { readonly prediction_id: string; readonly product_description: string; readonly category: string; readonly probabilities: readonly { readonly category: string; readonly probability: number }[]; readonly audit: boolean };
export type Session = {
  readonly categories: readonly string[];
  readonly queue: readonly Item[]; /** of the first in the queue */ readonly chosen: string | undefined;
  /** the newest last */
  readonly given: readonly { readonly item: Item; readonly category: string }[];
  /** not to be handed out again in this session */
  readonly passed: readonly string[];
  readonly waiting: number; readonly status: 'labelling' | 'nothing left' | 'over';
};
export type Act =
  | { readonly kind: 'lease'; readonly except: readonly string[] }
  | { readonly kind: 'give'; readonly item: Item; readonly category: string | null }
  | { readonly kind: 'release'; readonly ids: readonly string[] };
export type Step = { readonly session: Session; readonly acts: readonly Act[] };

/** As many as a lease may except. */
const REMEMBERED = 150;
const LOW = 3;
const ENTER = ['\r', '\n'];
const ENDS = ['q', '\u0003', '\u0004'];

const idsOf = (items: readonly Item[]): string[] => items.map((item) => item.prediction_id);
const showing = (session: Session, queue: readonly Item[]): Session => ({ ...session, queue, chosen: queue[0]?.category });
/** Asks for more in time. */
const topped = (session: Session, acts: readonly Act[]): Step => ({ session, acts: session.queue.length >= LOW || session.status !== 'labelling' ? acts : [...acts, { kind: 'lease', except: [...idsOf(session.queue), ...session.passed] }] });
const passing = (session: Session, id: string): readonly string[] => [...session.passed, id].slice(-REMEMBERED);

export const begin = (categories: readonly string[]): Step => topped({ categories, queue: [], chosen: undefined, given: [], passed: [], waiting: 0, status: 'labelling' }, []);
/** What a lease has brought. */
export function brought(session: Session, items: readonly Item[], waiting: number): Session {
  const known = new Set([...idsOf(session.queue), ...session.passed]);
  const queue = [...session.queue, ...items.filter((item) => !known.has(item.prediction_id))];
  return { ...(session.queue.length === 0 ? showing(session, queue) : { ...session, queue }), waiting, status: queue.length === 0 ? 'nothing left' : 'labelling' };
}
export function press(session: Session, key: string): Step {
  const [item, ...rest] = session.queue;
  if (ENDS.includes(key)) return { session: { ...session, queue: [], status: 'over' }, acts: session.queue.length === 0 ? [] : [{ kind: 'release', ids: idsOf(session.queue) }] };
  if (key === 'u') {
    const last = session.given.at(-1);
    if (last === undefined) return { session, acts: [] };
    return { session: { ...showing(session, [last.item, ...session.queue]), chosen: last.category, given: session.given.slice(0, -1), passed: session.passed.filter((id) => id !== last.item.prediction_id), status: 'labelling' }, acts: [{ kind: 'give', item: last.item, category: null }] };
  }
  if (item === undefined) return topped({ ...session, status: 'labelling' }, []);
  if (key === 's') return topped({ ...showing(session, rest), passed: passing(session, item.prediction_id) }, [{ kind: 'release', ids: [item.prediction_id] }]);
  if (ENTER.includes(key) && session.chosen !== undefined) {
    const { chosen } = session;
    return topped({ ...showing(session, rest), given: [...session.given, { item, category: chosen }], passed: passing(session, item.prediction_id) }, [{ kind: 'give', item, category: chosen }]);
  }
  const chosen = /^[1-9]$/.test(key) ? session.categories[Number(key) - 1] : undefined;
  return { session: chosen === undefined ? session : { ...session, chosen }, acts: [] };
}

export const KEYS = '1-9 choose · Enter confirm · u undo · s skip · q quit';
export function progressLine({ given, waiting }: Session): string {
  const corrected = given.filter(({ item, category }) => item.category !== category).length;
  return `${given.length} labelled, ${corrected} corrected; ${waiting} wait`;
}
const BAR = 20;
/** The item in hand. */
export function itemLines({ queue: [item], chosen, categories }: Session): string[] {
  if (item === undefined) return [];
  const share = (category: string): number => item.probabilities.find((one) => one.category === category)?.probability ?? 0;
  const width = Math.max(...categories.map((category) => category.length));
  return [`${harmless(item.product_description)}${item.audit ? '   (audit)' : ''}`, ...categories.map((category, i) => `${category === chosen ? '>' : ' '} ${i + 1} ${category.padEnd(width)}  ${bar(share(category), BAR)} ${share(category).toFixed(2)}`)];
}
