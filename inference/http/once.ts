// Idempotency-Key: a request that is sent again gets the answer it got. Here are the hooks; what is remembered, and how long, is decided in repeats/.
import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from './problem.ts';
import { derivedId } from '../repeats/derivedIds.ts';
import type { Repeats } from '../repeats/repeats.ts';
import type { App } from '../routes/shapes.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while a request with a key runs: how it tells its end. */
    first: ((status: number, type: string, body: string) => void) | undefined;
  }
}
const KEY = 'idempotency-key';
/** Of routes that take a key. */
export const KeyHeader = Type.Object({
  [KEY]: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'Any text of the caller\'s. The same request again under the same key gets the same answer and records nothing twice (IDEMPOTENCY_TTL_MS); another body under it is refused with 422. Ids the caller leaves out are derived from it.', examples: ['5b7c9e52-order-1187'] })),
});
const keyOf = (request: FastifyRequest): string | undefined => {
  const given = request.headers[KEY];
  return typeof given === 'string' && given !== '' ? given : undefined;
};

/** A preHandler for routes that take a key. Call it once, before what changes payloads (gzip). */
export function rememberAnswers(app: App, repeats: Repeats, nowMs: () => number): (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void {
  app.decorateRequest('first', undefined);
  app.addHook('onSend', (request, reply, payload, done) => {
    request.first?.(reply.statusCode, String(reply.getHeader('content-type')), typeof payload === 'string' ? payload : '');
    done(null, payload);
  });
  return (request, reply, done) => {
    const key = keyOf(request);
    if (key === undefined) return done();
    const begun = repeats.begin(`${request.routeOptions.url ?? ''} ${request.caller?.name ?? ''} ${key}`, createHash('sha256').update(JSON.stringify(request.body)).digest('base64'), nowMs());
    const again = ({ status, type, body }: { readonly status: number; readonly type: string; readonly body: string }): void => void reply.code(status).header('idempotency-replayed', 'true').type(type).send(body);
    switch (begun.kind) {
      case 'first':
        // A refusal or a failure is nobody's answer but of those who wait for it now: the next one may do better.
        request.first = (status, type, body) => begun.end({ status, type, body }, status < 300, nowMs());
        return done();
      case 'running':
        return begun.wait(again);
      case 'known':
        return again(begun.answer);
      case 'differs':
        done(new Problem(422, 'key used before', `this Idempotency-Key came with another body before; a new request needs a new key`, KEY));
    }
  };
}

/** The id of what stands at `index` of a request, where its caller gave none: derived when there is a key, else a new one. */
export function idFor(request: FastifyRequest, newId: () => string): (index: number, ...content: readonly string[]) => string {
  const key = keyOf(request);
  if (key === undefined) return newId;
  return (index, ...content) => derivedId(request.routeOptions.url ?? '', request.caller?.name ?? '', key, index, ...content);
}
