// Markdown as far as our pages need it: headings, links, fenced blocks and code in the text. Text in, data out.

export type Block = { readonly line: number; readonly language: string; readonly note: string; readonly code: string };
export type Link = { readonly line: number; readonly target: string };
export type Page = { readonly anchors: ReadonlySet<string>; readonly links: readonly Link[]; readonly blocks: readonly Block[]; readonly codes: readonly { readonly line: number; readonly code: string }[] };

/** The anchor GitHub gives a heading: small letters, digits, `-` and `_` stay, blanks become `-`. */
export const anchorOf = (heading: string): string => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');

const FENCE = /^(\s*)(`{3,})\s*([^\s`]*)\s*(.*?)\s*$/;
const LINK = /!?\[[^\]]*\]\(([^)\s]+)(?:\s+"[^"]*")?\)|<(?:a|img)\s[^>]*?(?:href|src)="([^"]+)"/g;
const INLINE = /(`+)(.+?)\1/g;

export function parsePage(markdown: string): Page {
  const [seen, anchors, links, blocks, codes] = [new Map<string, number>(), new Set<string>(), [] as Link[], [] as Block[], [] as { line: number; code: string }[]];
  let open: { readonly line: number; readonly fence: string; readonly language: string; readonly note: string; readonly lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const line = index + 1;
    if (open !== undefined) {
      if (text.trim() === open.fence) {
        blocks.push({ line: open.line, language: open.language, note: open.note, code: open.lines.join('\n') });
        open = undefined;
      } else open.lines.push(text);
      continue;
    }
    const [, , fence, language = '', note = ''] = FENCE.exec(text) ?? [];
    if (fence !== undefined) {
      open = { line, fence, language, note, lines: [] };
      continue;
    }
    const heading = /^#{1,6}\s+(.*)$/.exec(text)?.[1];
    if (heading !== undefined) {
      // The text of a link in a heading counts, its target does not.
      const anchor = anchorOf(heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
      const times = seen.get(anchor) ?? 0;
      seen.set(anchor, times + 1);
      anchors.add(times === 0 ? anchor : `${anchor}-${times}`);
    }
    for (const [, , code = ''] of text.matchAll(INLINE)) codes.push({ line, code });
    for (const [, markdownTarget, htmlTarget] of text.replaceAll(INLINE, '').matchAll(LINK)) links.push({ line, target: markdownTarget ?? htmlTarget ?? '' });
  }
  if (open !== undefined) throw new Error(`line ${open.line}: this fence is never closed`);
  return { anchors, links, blocks, codes };
}
