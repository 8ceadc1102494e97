// Who may come in: which caller a header names, how often he may call, and how often an address may guess. Knows nothing of HTTP's answers; time and the digest are arguments.
import type { Scope, TokenSpec } from '../../schemas/tokens.ts';
import { attemptKey } from './addresses.ts';
import { fullBucket, take, type Bucket } from './bucket.ts';

export type Limits = { /** a second and caller; 0: no limit */ readonly requests: number; readonly items: number; /** failed attempts a minute and address; 0: no limit */ readonly failures: number };
/** What several tokens of one name share. */
type Account = { readonly name: string; readonly requests: Bucket; readonly items: Bucket };
export type Caller = { readonly name: string; readonly scopes: ReadonlySet<Scope>; readonly expiresAtMs: number; readonly account: Account; /** 0, or the milliseconds to wait before so many texts or labels are taken */ readonly spend: (items: number) => number };
export type Admission =
  | { readonly status: 'admitted'; readonly caller: Caller }
  | { readonly status: 'unknown' }
  /** too many failed attempts from this address; nothing was looked up */
  | { readonly status: 'throttled'; readonly waitMs: number }
  | { readonly status: 'limited'; readonly waitMs: number };
export type Access = {
  /** From now on these and no others. Limits go on for names that stay. */
  use(tokens: readonly TokenSpec[]): void;
  admit(authorization: string | undefined, address: string): Admission;
  size(): { readonly headers: number; readonly addresses: number };
};

const MAX_HEADERS = 1000;
const MAX_ADDRESSES = 10_000;
const MAX_GOOD = 8;
/** Failed attempts of one address, and callers who came in from it since the first. */
type Attempts = { readonly bucket: Bucket; readonly good: Set<Caller> };
const BEARER = /^Bearer +(\S+) *$/i;

/** digest: SHA-256 in hex digits. */
export function createAccess({ limits, nowMs, digest }: { readonly limits: Limits; readonly nowMs: () => number; readonly digest: (token: string) => string }): Access {
  let byDigest = new Map<string, Caller>();
  let accounts = new Map<string, Account>();
  // Headers that were good. Only those get in, so strangers cannot push them out. Looking a secret up in a hash map tells a stranger nothing by its time: the map's hash is seeded per
  // process and comes first, and whole strings are compared only where it agrees. A header that is not here is hashed with SHA-256, and nobody steers the bytes of a digest.
  const headers = new Map<string, Caller>();
  const attempts = new Map<string, Attempts>();

  function callerOf(authorization: string): Caller | undefined {
    const known = headers.get(authorization);
    if (known !== undefined) return known;
    const token = BEARER.exec(authorization)?.[1];
    const found = token === undefined ? undefined : byDigest.get(digest(token));
    if (found === undefined) return undefined;
    for (const oldest of headers.keys()) if (headers.size >= MAX_HEADERS) headers.delete(oldest);
    headers.set(authorization, found);
    return found;
  }
  const perSecond = limits.failures / 60;
  /** A clock that is set back takes nothing away. */
  const gained = ({ atMs }: Bucket, now: number): number => (Math.max(0, now - atMs) * perSecond) / 1000;
  function failed(key: string, now: number): Admission {
    if (limits.failures === 0) return { status: 'unknown' };
    const known = attempts.get(key) ?? { bucket: { level: limits.failures, atMs: now }, good: new Set<Caller>() };
    attempts.delete(key);
    attempts.set(key, known);
    for (const oldest of attempts.keys()) if (attempts.size > MAX_ADDRESSES) attempts.delete(oldest);
    known.bucket.level = Math.min(limits.failures, known.bucket.level + gained(known.bucket, now)) - 1;
    known.bucket.atMs = now;
    return { status: 'unknown' };
  }
  /** While an address is throttled, all its guesses get one answer, the right ones too; only who came in from there before still does. */
  function throttled(known: Attempts, now: number): number {
    if (now < known.bucket.atMs) known.bucket.atMs = now;
    const level = known.bucket.level + gained(known.bucket, now);
    return level >= 1 ? 0 : Math.ceil(((1 - level) * 1000) / perSecond);
  }

  return {
    use(tokens) {
      const now = nowMs();
      const before = accounts;
      accounts = new Map();
      byDigest = new Map();
      for (const { name, secret, scopes, expires } of tokens) {
        const hex = secret.kind === 'sha256' ? secret.hex : digest(secret.text);
        const called = name ?? `token-${hex.slice(0, 8)}`;
        const account = accounts.get(called) ?? before.get(called) ?? { name: called, requests: fullBucket(limits.requests, now), items: fullBucket(limits.items, now) };
        accounts.set(called, account);
        // A time nobody can read is over.
        const end = expires === undefined ? Infinity : Date.parse(expires);
        byDigest.set(hex, { name: called, scopes, expiresAtMs: Number.isNaN(end) ? 0 : end, account, spend: (items) => (limits.items === 0 ? 0 : take(account.items, nowMs(), limits.items, items)) });
      }
      headers.clear();
      for (const { good } of attempts.values()) good.clear();
    },
    admit(authorization, address) {
      // No token is no guess.
      if (authorization === undefined) return { status: 'unknown' };
      const now = nowMs();
      const key = attempts.size === 0 ? undefined : attemptKey(address);
      const known = key === undefined ? undefined : attempts.get(key);
      const waitMs = known === undefined ? 0 : throttled(known, now);
      // Without a digest while throttled: guessing is not to cost us more than that either.
      const caller = waitMs > 0 ? headers.get(authorization) : callerOf(authorization);
      if (known !== undefined && waitMs > 0 && (caller === undefined || !known.good.has(caller))) return { status: 'throttled', waitMs };
      if (caller === undefined || caller.expiresAtMs <= now) return failed(key ?? attemptKey(address), now);
      if (known !== undefined && known.good.size < MAX_GOOD) known.good.add(caller);
      const wait = limits.requests === 0 ? 0 : take(caller.account.requests, now, limits.requests);
      return wait > 0 ? { status: 'limited', waitMs: wait } : { status: 'admitted', caller };
    },
    size: () => ({ headers: headers.size, addresses: attempts.size }),
  };
}
