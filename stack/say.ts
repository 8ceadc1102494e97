// How verbs speak to a person: colours only on a terminal, errors as one readable block.
import { LoopError, messageOf } from '../schemas/failure.ts';

const colourful = process.stdout.isTTY && process.env['NO_COLOR'] === undefined;
const paint = (code: number) => (text: string): string => (colourful ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = paint(1);
export const dim = paint(2);
export const red = paint(31);
export const green = paint(32);
export const yellow = paint(33);

/** A mistake at the keyboard: exit code 2, with the verb's usage. */
export class UsageError extends Error {}

export function report(error: unknown, verb: string): number {
  console.error(`${red('loop:')} ${messageOf(error)}`);
  if (error instanceof UsageError) console.error(`See ./loop ${verb} --help`);
  else if (!(error instanceof LoopError) && error instanceof Error) console.error(dim(error.stack ?? ''));
  return error instanceof UsageError ? 2 : 1;
}
