// What a verb is, and how its arguments are read.
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { messageOf } from '../../schemas/failure.ts';
import { UsageError } from '../say.ts';

export type Verb = { readonly summary: string; readonly usage: string; run(args: readonly string[]): Promise<number> };
type Options = NonNullable<ParseArgsConfig['options']>;

/** parseArgs with unknown options and missing values refused as usage errors. */
export function readArgs<const O extends Options>(args: readonly string[], options: O): { values: ReturnType<typeof parseArgs<{ options: O; allowPositionals: true }>>['values']; words: string[] } {
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    return { values, words: positionals };
  } catch (error) {
    throw new UsageError(messageOf(error));
  }
}
export function noWords(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`'${words.join(' ')}' is not expected here`);
}
