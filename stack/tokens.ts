// The file of tokens as a person changes it: add an entry, take entries out, show what is there. It holds hashes; a token itself is shown once, when it is made.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fatal } from '../schemas/failure.ts';
import { isExpiry, isTokenName, parseTokens, scopesIn, tokenEntry, TOKEN_FORM, type TokenSpec } from '../schemas/tokens.ts';

const SHOWN_DIGITS = 12;
/** A beginning that scanners for lost secrets can look for, and 256 random bits. */
export const newToken = (): string => `loop_${randomBytes(32).toString('base64url')}`;

/** `2027-01-31`, `2027-01-31T12:00Z`, or so many days from now: `90d`. Undefined when it is neither. */
export function expiryOf(text: string, nowMs: number): string | undefined {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  if (days !== undefined) return new Date(nowMs + Number(days) * 86_400_000).toISOString();
  return isExpiry(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

/** The text with one more entry. */
export function withToken(text: string, { name, token, scopes, expires }: { readonly name: string; readonly token: string; readonly scopes: string; readonly expires: string | undefined }): string {
  const parsed = scopesIn(scopes);
  if (!isTokenName(name) || parsed === undefined) throw fatal('bad_token', `an entry ${TOKEN_FORM}`);
  const entry = tokenEntry({ name, secret: { kind: 'sha256', hex: createHash('sha256').update(token).digest('hex') }, scopes: parsed, expires });
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${entry ?? ''}\n`;
}

const isMeant = ({ name: named, secret }: TokenSpec, name: string, hash: string): boolean => named === name && secret.kind === 'sha256' && secret.hex.startsWith(hash.toLowerCase());
/** The text without the entries of a name, or without those of them whose hash begins so; how many went. Remarks stay. */
export function withoutToken(text: string, name: string, hash = ''): { readonly text: string; readonly gone: number } {
  let gone = 0;
  const lines = text.split('\n').filter((line) => {
    const parsed = parseTokens(line, '\n');
    const goes = 'value' in parsed && parsed.value.some((spec) => isMeant(spec, name, hash));
    if (goes) gone += 1;
    return !goes;
  });
  return { text: lines.join('\n'), gone };
}

export type TokenRow = { readonly name: string; readonly scopes: readonly string[]; readonly expires: string | null; readonly expired: boolean; /** the first digits, enough to name one to revoke */ readonly sha256: string; readonly from: string };
/** What is in force, without any token. */
export const rowsOf = (specs: readonly TokenSpec[], from: string, nowMs: number): TokenRow[] =>
  specs.map(({ name, secret, scopes, expires }) => {
    const hex = secret.kind === 'sha256' ? secret.hex : createHash('sha256').update(secret.text).digest('hex');
    return { name: name ?? `token-${hex.slice(0, 8)}`, scopes: [...scopes], expires: expires ?? null, expired: expires !== undefined && Date.parse(expires) <= nowMs, sha256: hex.slice(0, SHOWN_DIGITS), from };
  });

export const readTokensFile = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');
/** In one step: whoever reads it sees the old file or the new one. */
export function writeTokensFile(file: string, text: string): void {
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, file);
}
