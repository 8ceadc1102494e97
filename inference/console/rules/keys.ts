// What a key press asks for. Keys with a modifier belong to the browser; in a text field, letters and digits are text.
export type Command = { readonly kind: 'choose'; readonly place: number } | { readonly kind: 'move'; readonly by: 1 | -1 } | { readonly kind: 'tab'; readonly by: 1 | -1 } | { readonly kind: 'confirm' | 'undo' | 'skip' | 'help' | 'leave' };
/** focus: what has it. text: a field one types in; control: a button, a link or a select, which knows Enter and arrows itself; elsewhere: the page. */
export type Press = { readonly key: string; readonly ctrlKey: boolean; readonly altKey: boolean; readonly metaKey: boolean };
export type Focus = 'text' | 'control' | 'elsewhere';

const LETTERS: Readonly<Record<string, Command>> = { u: { kind: 'undo' }, s: { kind: 'skip' }, '?': { kind: 'help' }, '[': { kind: 'tab', by: -1 }, ']': { kind: 'tab', by: 1 } };
const MOVES: Readonly<Record<string, Command>> = { ArrowDown: { kind: 'move', by: 1 }, ArrowUp: { kind: 'move', by: -1 } };

/** singleKeys: people who speak to their machine can switch keys without a modifier off (WCAG 2.1.4). */
export function commandOf({ key, ctrlKey, altKey, metaKey }: Press, focus: Focus, singleKeys: boolean): Command | undefined {
  if (ctrlKey || altKey || metaKey) return undefined;
  if (key === 'Escape') return { kind: 'leave' };
  if (focus === 'text') return undefined;
  if (key === 'Enter') return focus === 'control' ? undefined : { kind: 'confirm' };
  if (MOVES[key] !== undefined) return focus === 'control' ? undefined : MOVES[key];
  if (!singleKeys) return undefined;
  if (/^[1-9]$/.test(key)) return { kind: 'choose', place: Number(key) - 1 };
  return LETTERS[key];
}

export const KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['1 – 9', 'choose a category'], ['↑ ↓', 'move the choice'], ['Enter', 'confirm the choice'], ['u', 'undo: take the last label back'], ['s', 'skip this item'], ['Esc', 'leave the text field, or close a dialog; on Try: to the next text'], ['[ ]', 'the page before, the next page'], ['?', 'this list'],
];
