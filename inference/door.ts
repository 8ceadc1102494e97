// The door of a route: who may come in.
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../schemas/settings.ts';
import { Problem } from './problem.ts';

/** Checks the bearer token of a request; scope undefined: any known token. `admin` includes every scope. Throws 401 without a known token, 403 when its scopes do not include `scope`. */
export function requireScope(tokens: ReadonlyMap<string, ReadonlySet<Scope>>, scope?: Scope) {
  // Digests are equally long, so the comparison tells nothing about a token's length either.
  const digest = (token: string): Buffer => createHash('sha256').update(token).digest();
  const known = [...tokens].map(([token, scopes]) => ({ bytes: digest(token), scopes }));
  return (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    const given = digest(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const match = known.filter(({ bytes }) => timingSafeEqual(bytes, given))[0];
    if (match === undefined) void reply.header('www-authenticate', 'Bearer');
    if (match === undefined) done(new Problem(401, 'unauthorized', 'send a known token: Authorization: Bearer TOKEN (./loop status --json prints them)'));
    else if (scope !== undefined && !match.scopes.has(scope) && !match.scopes.has('admin')) done(new Problem(403, 'forbidden', `this token lacks the scope '${scope}'`));
    else done();
  };
}
