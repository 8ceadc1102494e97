// Files of examples/ inside pages: between `<!-- PATH:begin -->` and `<!-- PATH:end -->` stands the file as it is.

const MARKED = /<!-- (examples\/\S+):begin -->\n[\s\S]*?<!-- \1:end -->/g;
const LANGUAGES: Readonly<Record<string, string>> = { py: 'python', java: 'java', xml: 'xml' };

/** read: the text of a file of the project. Throws when a beginning has no end. */
export function withSnippets(page: string, read: (file: string) => string): string {
  const made = page.replaceAll(MARKED, (_, file: string) => `<!-- ${file}:begin -->\n\`\`\`${LANGUAGES[file.slice(file.lastIndexOf('.') + 1)] ?? 'text'}\n${read(file).trimEnd()}\n\`\`\`\n<!-- ${file}:end -->`);
  const [begun, whole] = [/<!-- examples\/\S+:begin -->/g, MARKED].map((pattern) => made.match(pattern)?.length ?? 0);
  if (begun !== whole) throw new Error('a snippet begins with <!-- examples/FILE:begin --> and does not end with <!-- examples/FILE:end -->');
  return made;
}
