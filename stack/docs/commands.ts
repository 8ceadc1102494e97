// What the blocks of a page are: commands that a test runs, commands that it does not, with the reason, or no commands at all. And whether the verbs and flags they name exist.
import type { Block } from './markdown.ts';

/** run: on the stack of the story tests, as it stands. long: on a stack of its own, which it may stop, start and empty. parsed: never run, for a reason. synopsis: a fence without a language; it shows forms and is never run. */
export type Kind = { readonly status: 'run' } | { readonly status: 'long' | 'parsed'; readonly why: string } | { readonly status: 'synopsis' } | { readonly status: 'text' } | { readonly status: 'wrong'; readonly fault: string };

const NOTE = /^(long|no-test): (\S.*)$/;
/** A block that begins so is meant for a shell. */
const COMMAND = /^\s*(?:\.\/loop|curl|npm|npx|node|mvn|java|python3?|tar|cp|docker|export|[A-Z_]+=\S*)\s/m;

export function kindOf({ language, note, code }: Pick<Block, 'language' | 'note' | 'code'>): Kind {
  if (['bash', 'shell', 'console', 'zsh'].includes(language)) return { status: 'wrong', fault: `write \`\`\`sh instead of \`\`\`${language}` };
  if (language === '') return COMMAND.test(code) ? { status: 'synopsis' } : { status: 'text' };
  if (language !== 'sh') return { status: 'text' };
  if (note === '') return { status: 'run' };
  const [, word, why = ''] = NOTE.exec(note) ?? [];
  if (word === undefined) return { status: 'wrong', fault: `'${note}' behind \`\`\`sh must be 'no-test: WHY' or 'long: WHY'` };
  return { status: word === 'long' ? 'long' : 'parsed', why };
}

/** Every `./loop ...` of a text, as words: up to what ends a command, with continued lines joined. Quoted words count as one. */
export function loopCallsIn(text: string): string[][] {
  const plain = text.replaceAll(/\\\n\s*/g, ' ').replaceAll(/(^|\s)#.*$/gm, '$1');
  return [...plain.matchAll(/(?:^|[\s(`])\.\/loop\s+((?:"[^"]*"|'[^']*'|[^|;&>)\n`"'])*)/g)].map(([, words = '']) => words.match(/"[^"]*"|'[^']*'|\S+/g) ?? []);
}

/** undefined: the verb is there and its --help names every flag. usageOf: what a verb says of itself; undefined: there is none of that name. */
export function faultOf([verb = '', ...args]: readonly string[], usageOf: (verb: string) => string | undefined): string | undefined {
  const usage = verb === 'VERB' || verb === 'help' || verb.startsWith('-') ? '' : usageOf(verb);
  if (usage === undefined) return `./loop has no verb '${verb}'`;
  const known = new Set(['--help', ...(usage.match(/--[a-z][a-z0-9-]*/g) ?? [])]);
  const unknown = args.flatMap((arg) => arg.match(/^\[?(--[a-z][a-z0-9-]*)/)?.[1] ?? []).find((flag) => !known.has(flag));
  return unknown === undefined ? undefined : `./loop ${verb} has no ${unknown}`;
}

/** Where the default ports stand, those of the stack at `portBase`. */
export const atPorts = (code: string, portBase: number): string => code.replaceAll(/\b(127\.0\.0\.1|localhost):17(\d{3})\b/g, (_, host: string, offset: string) => `${host}:${portBase + Number(offset)}`);

// What a page starts behind the scenes must not outlive it, whatever fails.
const BEGIN = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null && wait || true' EXIT";
/** Blocks of one page as one program for bash, so that what one sets the next can use; each says on stderr where it begins. */
export function scriptOf(file: string, blocks: readonly Block[], portBase: number): string {
  return [BEGIN, ...blocks.map(({ line, code }) => `echo "${file}:${line}" >&2\n${atPorts(code, portBase)}`), ''].join('\n');
}
