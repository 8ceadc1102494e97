// The door of a route: who may come in, and how often. What is decided is in access/; here are the answers.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../../schemas/tokens.ts';
import type { Access, Caller } from '../access/access.ts';
import type { Knows } from './contract.ts';
import { Problem } from './problem.ts';
import type { App } from '../routes/shapes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the door. */
    caller: Caller | undefined;
  }
}
export type Door = (...scopes: readonly Scope[]) => ((request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void) & Knows;
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
const UNKNOWN = 'send a known token: Authorization: Bearer TOKEN (./loop status --json prints those of the local stack; ./loop token new makes one)';
/** Who asks, as an order records it. */
export const nameOf = (request: FastifyRequest): string => request.caller?.name ?? 'http';

/** A hook per route; no scope: any known token, several: one of them. `admin` includes every scope. 401 without a known token, 403 when it lacks the scope, 429 with the seconds to wait. */
export function openDoor(app: App, access: Access): Door {
  app.decorateRequest('caller', undefined);
  function callerOf(request: FastifyRequest, reply: FastifyReply): Caller {
    // A route that asks for more of some requests comes here twice.
    if (request.caller !== undefined) return request.caller;
    const admission = access.admit(request.headers.authorization, request.ip);
    switch (admission.status) {
      case 'admitted':
        request.caller = admission.caller;
        return admission.caller;
      case 'unknown':
        void reply.header('www-authenticate', 'Bearer');
        throw new Problem(401, 'unauthorized', UNKNOWN);
      case 'throttled':
        throw new Problem(429, 'too many failed attempts', `too many unknown tokens came from this address; it is heard again in ${seconds(admission.waitMs)} s (AUTH_FAILURES_PER_MINUTE)`, undefined, seconds(admission.waitMs));
      case 'limited':
        throw new Problem(429, 'too many requests', `this token has used up its requests for now; wait ${seconds(admission.waitMs)} s (RATE_LIMIT_REQUESTS), or send many items in one request`, undefined, seconds(admission.waitMs));
    }
  }
  // A door says what it asks for: the contract reads it.
  return (...scopes) => Object.assign((request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void => {
    try {
      const caller = callerOf(request, reply);
      if (scopes.length === 0 || caller.scopes.has('admin') || scopes.some((scope) => caller.scopes.has(scope))) done();
      else done(new Problem(403, 'forbidden', `this token lacks the scope ${scopes.map((scope) => `'${scope}'`).join(' or ')}`));
    } catch (error) {
      done(error instanceof Error ? error : new Error(String(error)));
    }
  }, { scopes });
}
/** Charges the caller with so many texts or labels. Throws 429. */
export function chargeItems(request: FastifyRequest, items: number): void {
  const waitMs = request.caller?.spend(items) ?? 0;
  if (waitMs > 0) throw new Problem(429, 'too many items', `this token has used up its texts and labels for now; wait ${seconds(waitMs)} s (RATE_LIMIT_ITEMS)`, undefined, seconds(waitMs));
}
