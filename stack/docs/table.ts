// Tables of the pages that are made from code.
const cell = (text: string): string => text.replaceAll('|', '\\|');
export const code = (text: string): string => (text === '' ? '' : `\`${text}\``);

export const tableOf = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).toSpliced(1, 0, `|${'---|'.repeat(head.length)}`).join('\n');
/** What a page says of itself at its top. */
export const madeFrom = (source: string): string => `<!-- Made from ${source} by: node stack/docs/write.testing.ts -->`;
