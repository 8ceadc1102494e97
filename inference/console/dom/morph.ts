// Makes what stands look like a newer picture of it, and keeps what has not changed: focus, scroll, open details and half-typed text survive an update.
const HANDLERS = ['onclick', 'onsubmit', 'onchange'] as const;
/** What a person has opened stays open. */
const THEIRS: Readonly<Record<string, readonly string[]>> = { DETAILS: ['open'], DIALOG: ['open'] };
const keyOf = (node: Node | null): string | undefined => (node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined);
const alike = (a: Node, b: Node): boolean => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

function morph(old: Node, fresh: Node): void {
  if (!(old instanceof Element) || !(fresh instanceof Element)) {
    if (old.nodeValue !== fresh.nodeValue) old.nodeValue = fresh.nodeValue;
    return;
  }
  const theirs = THEIRS[old.nodeName] ?? [];
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name) && !theirs.includes(name)) old.removeAttribute(name);
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value && !theirs.includes(name)) old.setAttribute(name, value);
  if (old instanceof HTMLElement && fresh instanceof HTMLElement) for (const name of HANDLERS) Reflect.set(old, name, fresh[name]);
  if (old instanceof HTMLInputElement && fresh instanceof HTMLInputElement && old.checked !== fresh.checked) old.checked = fresh.checked;
  children(old, [...fresh.childNodes]);
  if (old instanceof HTMLSelectElement && fresh instanceof HTMLSelectElement && old.value !== fresh.value) old.value = fresh.value;
}
function children(parent: Element, fresh: readonly Node[]): void {
  let at: ChildNode | null = parent.firstChild;
  for (const next of fresh) {
    let found: ChildNode | null = at;
    // Keyed ones are found further on; others only in their place.
    if (found !== null && !alike(found, next)) {
      const key = keyOf(next);
      while (found !== null && !(key !== undefined && alike(found, next))) found = key === undefined ? null : found.nextSibling;
    }
    if (found === null) {
      parent.insertBefore(next, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else parent.insertBefore(found, at);
    morph(found, next);
  }
  while (at !== null) {
    const gone: ChildNode = at;
    at = at.nextSibling;
    gone.remove();
  }
}

/** Shows these under `parent`. */
export const show = (parent: Element, ...fresh: readonly Node[]): void => children(parent, fresh);
