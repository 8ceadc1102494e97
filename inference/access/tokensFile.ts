// Tokens from the settings and from a file that is read again when it changes and on SIGHUP: a token is made, rotated or revoked without a restart.
import { readFileSync, statSync } from 'node:fs';
import type { Log } from '../../producers/kafka.ts';
import { fatal, messageOf } from '../../schemas/failure.ts';
import { parseTokens, type TokenSpec } from '../../schemas/tokens.ts';

const LOOK_EVERY_MS = 1000;
/** Throws fatal `bad_tokens` naming the line, never its content. */
export function readTokens(file: string): readonly TokenSpec[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    throw fatal('bad_tokens', `LOOP_TOKENS_FILE: ${file} cannot be read (${messageOf(cause)})`, { cause });
  }
  const parsed = parseTokens(text, '\n');
  if ('wrong' in parsed) throw fatal('bad_tokens', `LOOP_TOKENS_FILE: ${file}, ${parsed.wrong}`);
  return parsed.value;
}

/** What tells one state of a file from another; looked at by its name, for editors and mounted secrets put a new file in its place. */
function stateOf(file: string): string {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? 'gone' : `${found.ino} ${found.mtimeMs} ${found.size}`;
}

/** Hands all tokens to `use`, now and whenever the file changes. A file that cannot be used when it changes leaves the tokens as they are. Throws fatal at the start, also when there is no token at all. */
export function openTokens({ given, file, use, log }: { readonly given: readonly TokenSpec[]; readonly file: string; readonly use: (tokens: readonly TokenSpec[]) => void; readonly log: Log }): { stop(): void } {
  // Before it is read: a change in between is seen the next time.
  let seen = file === '' ? '' : stateOf(file);
  const all = (): readonly TokenSpec[] => (file === '' ? given : [...given, ...readTokens(file)]);
  const first = all();
  if (first.length === 0) throw fatal('no_tokens', "LOOP_TOKENS and LOOP_TOKENS_FILE hold no token: nobody could call the service. Set LOOP_TOKENS to 'TOKEN=predict+feedback,TOKEN2=admin' or start by ./loop up");
  use(first);
  if (first.some(({ secret }) => secret.kind === 'plain')) log.warn({}, 'LOOP_TOKENS holds tokens in plain text; NAME=sha256:HEX=scopes keeps them out of the environment');
  if (file === '') return { stop: () => undefined };
  // Others read it as well as its owner: the hashes tell no token, but whoever may write it may let himself in.
  if ((statSync(file).mode & 0o022) !== 0) log.warn({ file }, 'others may write the file of tokens: chmod go-w');
  const again = (): void => {
    seen = stateOf(file);
    try {
      const tokens = all();
      use(tokens);
      log.info({ file, tokens: tokens.length }, 'tokens read again');
    } catch (error) {
      log.error({ reason: messageOf(error) }, 'the file of tokens cannot be used; the tokens stay as they were');
    }
  };
  const looking = setInterval(() => {
    if (stateOf(file) !== seen) again();
  }, LOOK_EVERY_MS);
  looking.unref();
  process.on('SIGHUP', again);
  return {
    stop() {
      clearInterval(looking);
      process.removeListener('SIGHUP', again);
    },
  };
}
