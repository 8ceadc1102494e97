// An open door for tests of routes: tokens in plain words.
import { createHash } from 'node:crypto';
import { scopesIn } from '../../schemas/tokens.ts';
import { createAccess, type Access, type Limits } from './access.ts';

export const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
/** `{ word: 'predict+feedback' }`: the token `word`, of a caller with that name. */
export function accessFor(tokens: Readonly<Record<string, string>>, limits: Limits = { requests: 0, items: 0, failures: 0 }, nowMs: () => number = () => 0): Access {
  const access = createAccess({ limits, nowMs, digest });
  access.use(Object.entries(tokens).map(([name, scopes]) => ({ name, secret: { kind: 'sha256', hex: digest(name) }, scopes: scopesIn(scopes) ?? new Set(), expires: undefined })));
  return access;
}
