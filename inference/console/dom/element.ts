// Elements out of names, properties and children. Text is always a text node, so whatever a product is called, it stays text; there is no way in here for markup or inline style.
export type Child = Node | string | number | false | undefined | readonly Child[];
/** One handler each, as a property of the element: a newer picture of the same element brings its own (morph.ts). */
export type Handlers = { readonly click?: (event: MouseEvent) => void; readonly submit?: (event: SubmitEvent) => void; readonly change?: (event: Event) => void };
export type Props = { readonly [attribute: string]: string | number | boolean | undefined };

function dress<E extends HTMLElement | SVGElement>(element: E, props: Props, on: Handlers, children: readonly Child[]): E {
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  if (on.click !== undefined) element.onclick = on.click;
  if (on.submit !== undefined) element.onsubmit = on.submit;
  if (on.change !== undefined) element.onchange = on.change;
  append(element, children);
  return element;
}
function append(parent: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child === false || child === undefined || child === '') continue;
    if (typeof child === 'object' && !(child instanceof Node)) append(parent, child);
    else parent.append(child instanceof Node ? child : String(child));
  }
}

export const h = <K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: readonly Child[]): HTMLElementTagNameMap[K] => dress(document.createElement(tag), props, {}, children);
export const s = <K extends keyof SVGElementTagNameMap>(tag: K, props: Props = {}, ...children: readonly Child[]): SVGElementTagNameMap[K] => dress(document.createElementNS('http://www.w3.org/2000/svg', tag), props, {}, children);
/** The same with handlers. */
export const on = <E extends HTMLElement>(element: E, handlers: Handlers): E => dress(element, {}, handlers, []);
export const button = (label: Child, click: () => void, props: Props = {}): HTMLButtonElement => on(h('button', { type: 'button', ...props }, label), { click });

/** A table with its head. Kinds of column: `n` numbers, to the right; `unseen` one whose title is for screen readers only. */
export function table(caption: string, head: readonly (readonly [title: string, kind?: 'n' | 'unseen'])[], rows: readonly (readonly Child[])[], props: Props = {}): HTMLElement {
  // A wide table scrolls by itself, with the keyboard too.
  return h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': caption },
    h('table', props, h('caption', { class: 'unseen' }, caption), h('thead', {}, h('tr', {}, head.map(([title, kind]) => h('th', { scope: 'col', class: kind === 'n' ? kind : undefined }, kind === 'unseen' ? h('span', { class: kind }, title) : title)))),
      h('tbody', {}, rows.map((cells) => h('tr', {}, cells.map((cell, i) => (h(i === 0 ? 'th' : 'td', { scope: i === 0 ? 'row' : undefined, class: head[i]?.[1] === 'n' ? 'n' : undefined }, cell))))))));
}
