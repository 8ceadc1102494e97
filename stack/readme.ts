// The parts of README.md that are made from code: the settings table and the Python snippets. Run this file to write them; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { documentedSettings } from '../schemas/settings.ts';
import { PROJECT_DIR } from './paths.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|');
const settingsTable = (): string => ['| variable | default | meaning |', '|---|---|---|', ...documentedSettings().map(([env, fallback, about]) => `| \`${env}\` | ${fallback === '' ? '' : `\`${cell(fallback)}\``} | ${cell(about)} |`)].join('\n');
const snippet = (file: string): string => `\`\`\`python\n${readFileSync(join(PROJECT_DIR, 'examples/python', file), 'utf8').trimEnd()}\n\`\`\``;

/** The text with everything between `<!-- NAME:begin -->` and `<!-- NAME:end -->` made anew. Throws when a marker is missing. */
export function withGenerated(readme: string): string {
  const parts = { settings: settingsTable(), read_predictions: snippet('read_predictions.py'), write_feedback: snippet('write_feedback.py') };
  return Object.entries(parts).reduce((text, [name, content]) => {
    const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
    const [from, to] = [text.indexOf(begin), text.indexOf(end)];
    if (from < 0 || to < from) throw new Error(`README.md lacks ${begin} ... ${end}`);
    return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
  }, readme);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = join(PROJECT_DIR, 'README.md');
  writeFileSync(file, withGenerated(readFileSync(file, 'utf8')));
}
