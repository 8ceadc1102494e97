// Where a link of a page leads, and what is wrong with it. What a target is (a page with its anchors, another file, nothing) is an argument.
import { posix } from 'node:path';
import type { Link } from './markdown.ts';

export type Target = { readonly status: 'page'; readonly anchors: ReadonlySet<string> } | { readonly status: 'file' } | { readonly status: 'missing' };

/** undefined: the link is good, or leads out of the project (nobody asks the network here). */
export function faultOf(page: string, { line, target }: Link, lookUp: (file: string) => Target): string | undefined {
  if (/^[a-z][a-z+.-]*:/i.test(target)) return undefined;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : posix.normalize(posix.join(posix.dirname(page), decodeURIComponent(path)));
  if (path.startsWith('/') || file.startsWith('../')) return `${page}:${line}: '${target}' leads out of the project; give a path relative to this page`;
  const found = lookUp(file);
  if (found.status === 'missing') return `${page}:${line}: '${target}' leads to ${file}, which is not there`;
  if (anchor === undefined) return undefined;
  if (found.status === 'file') return `${page}:${line}: '${target}' has an anchor, but ${file} has no headings`;
  return found.anchors.has(anchor) ? undefined : `${page}:${line}: '${target}' leads to no heading of ${file}; it has ${[...found.anchors].map((one) => `#${one}`).join(' ')}`;
}
