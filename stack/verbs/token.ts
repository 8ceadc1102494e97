// ./loop token: who may call the service. inference reads the file again by itself.
import { fatal } from '../../schemas/failure.ts';
import { parseTokens, SCOPES } from '../../schemas/tokens.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { expiryOf, newToken, readTokensFile, rowsOf, withoutToken, withToken, writeTokensFile } from '../tokens.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export const token: Verb = {
  summary: 'make, list and revoke API tokens',
  usage: `usage: ./loop token new NAME --scopes predict+feedback [--expires 90d|DATE]
       ./loop token list [--json]
       ./loop token revoke NAME [HASH]
A token is shown once, when it is made; kept is its SHA-256 (LOOP_TOKENS_FILE). Scopes: ${SCOPES.join(', ')}; admin includes the others.
To rotate one: make another of the same NAME, give it to the caller, then revoke the old one by the first digits of its HASH (list shows them).
What is changed is in force within a second or two, without a restart.`,
  run(args) {
    const { values, words } = readArgs(args, { scopes: { type: 'string' }, expires: { type: 'string' }, json: { type: 'boolean' } });
    const [what, name, hash, ...more] = words;
    noWords(more);
    const { settings } = openContext(process.env, { create: false });
    const file = settings.tokensFile;
    if (file === '') throw fatal('no_tokens_file', 'LOOP_TOKENS_FILE is empty: tokens come from LOOP_TOKENS only, and there is no file to change');
    const text = readTokensFile(file);
    switch (what) {
      case 'new': {
        if (name === undefined || hash !== undefined || values.scopes === undefined) throw new UsageError('token new needs a NAME and --scopes');
        const expires = values.expires === undefined ? undefined : expiryOf(values.expires, Date.now());
        if (values.expires !== undefined && expires === undefined) throw new UsageError(`--expires must be a number of days like 90d, a date like 2027-01-31 or a time like 2027-01-31T12:00Z, is '${values.expires}'`);
        const made = newToken();
        writeTokensFile(file, withToken(text, { name, token: made, scopes: values.scopes, expires }));
        console.log(`${made}\nShown this once. ${name} may ${values.scopes.split('+').join(', ')}${expires === undefined ? '' : ` until ${expires}`}.`);
        return Promise.resolve(0);
      }
      case 'revoke': {
        if (name === undefined) throw new UsageError('token revoke needs a NAME');
        const { text: left, gone } = withoutToken(text, name, hash);
        if (gone === 0) throw fatal('no_such_token', `${file} has no token of '${name}'${hash === undefined ? '' : ` whose hash begins with ${hash}`}; ./loop token list shows what there is (those of LOOP_TOKENS are taken out there)`);
        writeTokensFile(file, left);
        console.log(`revoked ${gone === 1 ? 'one token' : `${gone} tokens`} of ${name}`);
        return Promise.resolve(0);
      }
      case 'list': {
        noWords(words.slice(1));
        const parsed = parseTokens(text, '\n');
        if ('wrong' in parsed) throw fatal('bad_tokens', `${file}, ${parsed.wrong}`);
        const rows = [...rowsOf(settings.tokens, 'LOOP_TOKENS', Date.now()), ...rowsOf(parsed.value, file, Date.now())];
        if (values.json) console.log(JSON.stringify(rows, null, 2));
        else for (const row of rows) console.log(`${row.name.padEnd(20)} ${row.scopes.join('+').padEnd(28)} ${(row.expires === null ? 'no end' : `${row.expired ? 'expired' : 'until'} ${row.expires}`).padEnd(32)} ${row.sha256}  ${row.from}`);
        return Promise.resolve(0);
      }
      default:
        throw new UsageError('token needs one of new, list, revoke');
    }
  },
};
