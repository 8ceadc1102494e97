// API tokens as they are written down: `NAME=sha256:HEX=scope+scope[=EXPIRES]`, or, for a laptop, the token itself: `TOKEN=scope+scope`. Several entries may share a name: so a token is rotated.
export const SCOPES = ['predict', 'feedback', 'train', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
/** name undefined: the plain form has none. expires: an ISO date (from its first moment in UTC on it is no longer good) or an ISO time that ends in Z. */
export type TokenSpec = { readonly name: string | undefined; readonly secret: { readonly kind: 'sha256'; readonly hex: string } | { readonly kind: 'plain'; readonly text: string }; readonly scopes: ReadonlySet<Scope>; readonly expires: string | undefined };

const NAME = /^[A-Za-z0-9._-]{1,64}$/;
const HASH = /^sha256:([0-9a-f]{64})$/i;
const EXPIRES = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,3})?)?Z)?$/;
export const TOKEN_FORM = `must look like 'NAME=sha256:HEX=predict+feedback' (HEX: the SHA-256 of the token, 64 digits; '=2027-01-31' behind it: expires then) or 'TOKEN=admin', with scopes ${SCOPES.join(', ')}`;

export const isTokenName = (name: string): boolean => NAME.test(name);
export const isExpiry = (text: string): boolean => EXPIRES.test(text);
/** The scopes in `predict+feedback`; undefined where one is none. */
export function scopesIn(text: string): ReadonlySet<Scope> | undefined {
  const scopes = text.split('+').map((name) => SCOPES.find((scope) => scope === name));
  return scopes.includes(undefined) ? undefined : new Set(scopes.filter((scope) => scope !== undefined));
}
/** One entry. What is wrong is told without the entry: it may hold a token. */
function parseToken(entry: string): TokenSpec | { readonly wrong: string } {
  const [first = '', second = '', third, fourth, ...more] = entry.split('=');
  if (third === undefined) {
    const scopes = scopesIn(second);
    return first === '' || scopes === undefined ? { wrong: TOKEN_FORM } : { name: undefined, secret: { kind: 'plain', text: first }, scopes, expires: undefined };
  }
  const hex = HASH.exec(second)?.[1]?.toLowerCase();
  const scopes = scopesIn(third);
  if (!NAME.test(first) || hex === undefined || scopes === undefined || (fourth !== undefined && !EXPIRES.test(fourth)) || more.length > 0) return { wrong: TOKEN_FORM };
  return { name: first, secret: { kind: 'sha256', hex }, scopes, expires: fourth };
}
/** Entries separated by commas, or one a line with `#` before remarks. `wrong` counts entries from 1 and quotes none. */
export function parseTokens(text: string, separator: ',' | '\n'): { readonly value: readonly TokenSpec[] } | { readonly wrong: string } {
  const value: TokenSpec[] = [];
  for (const [i, raw] of text.split(separator).entries()) {
    const entry = raw.trim();
    if (entry === '' || (separator === '\n' && entry.startsWith('#'))) continue;
    const spec = parseToken(entry);
    if ('wrong' in spec) return { wrong: `${separator === '\n' ? 'line' : 'entry'} ${i + 1} ${spec.wrong}` };
    value.push(spec);
  }
  return { value };
}
/** An entry as it is written; undefined for a plain one, which has no name to be kept under. */
export const tokenEntry = ({ name, secret, scopes, expires }: TokenSpec): string | undefined =>
  name === undefined || secret.kind === 'plain' ? undefined : `${name}=sha256:${secret.hex}=${[...scopes].join('+')}${expires === undefined ? '' : `=${expires}`}`;
