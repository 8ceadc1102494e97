// What every answer has beside its body: the request id, headers that keep browsers from doing more than they should, gzip where it pays, CORS where it was asked for.
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isLegalId } from '../../schemas/ids.ts';
import { deeperThan } from './depth.ts';
import { takesGzip } from './encoding.ts';
import { Problem } from './problem.ts';
import type { App } from '../routes/shapes.ts';

/** Pages set their own policy. Strict-Transport-Security belongs to whoever ends TLS. */
export const SAFE_HEADERS = { 'content-security-policy': "default-src 'none'; frame-ancestors 'none'", 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-resource-policy': 'same-origin', 'cache-control': 'no-store' } as const;

/** Request ids: the caller's own when it is a legal id, else one made of `prefix` and a count. */
export function requestIds(prefix: string): (request: Pick<IncomingMessage, 'headers'>) => string {
  let count = 0;
  return ({ headers }) => {
    const given = headers['x-request-id'];
    return typeof given === 'string' && isLegalId(given) ? given : `${prefix}-${(count += 1).toString(36)}`;
  };
}

/** An answer smaller than this is sent as it is: it fits a packet or two, and most answers are to one text. */
const GZIP_FROM_CHARS = 4096;
const GZIP = { level: 3 };

export function dressAnswers(app: App): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers(SAFE_HEADERS).header('x-request-id', request.id);
    done();
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    if (typeof payload !== 'string' || payload.length < GZIP_FROM_CHARS) return done(null, payload);
    addVary(reply, 'accept-encoding');
    if (!takesGzip(request.headers['accept-encoding'])) return done(null, payload);
    gzip(payload, GZIP, (error, packed) => {
      if (error !== null) return done(null, payload);
      reply.header('content-encoding', 'gzip').removeHeader('content-length');
      done(null, packed);
    });
  });
}
function addVary(reply: FastifyReply, name: string): void {
  const before = reply.getHeader('vary');
  void reply.header('vary', before === undefined ? name : `${String(before)}, ${name}`);
}

type ParseJson = (request: FastifyRequest, bytes: Buffer, done: (error: Error | null, body?: unknown) => void) => void;
/** A body that is smaller cannot nest deep enough to hold anybody up. */
const LOOK_FOR_DEPTH_FROM_BYTES = 4096;
const MAX_DEPTH = 32;
/** JSON in UTF-8, and nothing else: bytes that are no text would otherwise be scored as replacement characters. */
export function jsonParser(app: App): ParseJson {
  const parse = app.getDefaultJsonParser('error', 'error');
  return (request, bytes, done) => {
    if (request.headers['content-encoding'] !== undefined) return done(new Problem(415, 'unsupported media type', 'send the body without content-encoding'));
    if (!isUtf8(bytes)) return done(new Problem(400, 'bad request', 'the body is not UTF-8'));
    if (bytes.length >= LOOK_FOR_DEPTH_FROM_BYTES && deeperThan(MAX_DEPTH, bytes)) return done(new Problem(400, 'bad request', `the body nests deeper than ${MAX_DEPTH} levels`));
    parse(request, bytes.toString(), done);
  };
}
/** JSON is the one media type that is taken. */
export function takeJson(app: App): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, jsonParser(app));
}

const CORS_HEADERS = { 'access-control-allow-methods': 'GET, HEAD, POST, DELETE', 'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-request-id, inference-header-content-length', 'access-control-max-age': '600' } as const;
/** Lets pages of these origins (`*`: of all) call the service. None: no header, no hook, no route. Tokens travel in a header, so credentials of the browser are never allowed. */
export function allowOrigins(app: App, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const all = origins.includes('*');
  app.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    const { origin } = request.headers;
    if (!all) addVary(reply, 'origin');
    if (origin !== undefined && (all || origins.includes(origin))) void reply.headers({ 'access-control-allow-origin': all ? '*' : origin, 'access-control-expose-headers': 'x-request-id, retry-after, idempotency-replayed', 'cross-origin-resource-policy': 'cross-origin' });
    done();
  });
  app.options('*', (_request, reply) => reply.headers(CORS_HEADERS).code(204).send());
}
