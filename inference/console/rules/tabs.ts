// The pages of the console, and who may open which.
import type { Scope } from './wire.ts';

export const TABS = [
  { name: 'try', title: 'Try', needs: ['predict', 'admin'] },
  { name: 'label', title: 'Label', needs: ['feedback', 'admin'] },
  { name: 'live', title: 'Live', needs: [] },
  { name: 'models', title: 'Models', needs: [] },
  { name: 'dead-letters', title: 'Dead letters', needs: ['admin'] },
] as const satisfies readonly { readonly name: string; readonly title: string; readonly needs: readonly Scope[] }[];
export type Tab = (typeof TABS)[number]['name'];

const mayOpen = (needs: readonly Scope[], scopes: readonly Scope[]): boolean => needs.length === 0 || needs.some((scope) => scopes.includes(scope));
export const tabsFor = (scopes: readonly Scope[]) => TABS.filter(({ needs }) => mayOpen(needs, scopes));
/** The tab an address names, or the first one that the token may open. */
export function tabOf(hash: string, scopes: readonly Scope[]): Tab {
  const open = tabsFor(scopes);
  return open.find(({ name }) => `#${name}` === hash)?.name ?? open[0]?.name ?? 'live';
}
/** The tab `by` places on, round the corner. */
export function neighbour(tab: Tab, by: number, scopes: readonly Scope[]): Tab {
  const open = tabsFor(scopes);
  const at = open.findIndex(({ name }) => name === tab);
  return open[(at + by + open.length) % open.length]?.name ?? tab;
}
