// RFC 9457 problem documents: every refusal outside /v2, wherever it comes from.
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import type { App, ProblemDocument } from '../routes/shapes.ts';

/** A refusal with its HTTP status. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly field: string | undefined;
  /** For 429 and 503. */
  readonly retryAfterSeconds: number | undefined;
  constructor(status: number, title: string, detail: string, field?: string, retryAfterSeconds?: number) {
    super(detail);
    this.status = status;
    this.title = title;
    this.field = field;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}
export const RETRY_AFTER_SECONDS = 1;
const TITLES: Readonly<Record<number, string>> = { 400: 'bad request', 404: 'not found', 405: 'method not allowed', 408: 'too slow', 413: 'too large', 414: 'address too long', 415: 'unsupported media type', 431: 'headers too large', 503: 'unavailable' };

/** The document of a refusal; with a request id it says which request it was. */
export const documentOf = (status: number, title: string, detail: string, field?: string, requestId?: string): ProblemDocument => ({ type: 'about:blank', title, status, detail, ...(field === undefined ? {} : { field }), ...(requestId === undefined ? {} : { instance: `urn:x-request-id:${requestId}` }) });

export function sendProblem(reply: FastifyReply, status: number, title: string, detail: string, field?: string, retryAfterSeconds?: number): FastifyReply {
  if (status === 503 || status === 429) void reply.header('retry-after', String(retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  // Already text: one shape, whatever the route's own answers look like.
  return reply.code(status).type('application/problem+json; charset=utf-8').send(JSON.stringify(documentOf(status, title, detail, field, reply.request.id)));
}

/** What a thrown thing tells a caller. `unexpected`: nothing of ours refused; the caller is told no more than that. */
export type Refused = { readonly status: number; readonly title: string; readonly detail: string; readonly field?: string | undefined; readonly retryAfterSeconds?: number | undefined; readonly unexpected?: boolean };
export function refusedBy(error: unknown, bodyLimit: number): Refused {
  if (error instanceof Problem) return { status: error.status, title: error.title, detail: error.message, field: error.field, retryAfterSeconds: error.retryAfterSeconds };
  if (error instanceof LoopError && error.retryable) return { status: 503, title: 'unavailable', detail: error.message };
  const read = (name: string): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined);
  const validation = read('validation');
  if (Array.isArray(validation)) return { status: 400, title: 'bad request', detail: messageOf(error), field: fieldOf(validation[0]) };
  const status = Number(read('statusCode') ?? 500);
  if (status < 400 || status >= 500) return { status: 500, title: 'internal error', detail: 'unexpected; the log of inference tells more under the request id', unexpected: true };
  return { status, title: TITLES[status] ?? 'refused', detail: status === 413 ? `the body is larger than ${bodyLimit} bytes` : messageOf(error) };
}

/** onUnexpected hears of errors that are no refusals, with the request id. methodsAt: what a path that was called otherwise would know. */
export function answerProblems(app: App, onUnexpected: (error: unknown, requestId: string) => void, methodsAt: (path: string) => readonly string[] = () => []): void {
  function nowhere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const path = request.url.split('?')[0] ?? '';
    const methods = methodsAt(path);
    if (methods.length === 0) return sendProblem(reply, 404, 'not found', `there is no ${request.method} ${path.slice(0, 300)}; GET /openapi.json tells what there is`);
    void reply.header('allow', methods.join(', '));
    return sendProblem(reply, 405, 'method not allowed', `${path.slice(0, 300)} knows ${methods.join(', ')}, not ${request.method}`);
  }
  app.setErrorHandler((error, request, reply) => {
    // Whatever else is wrong with it: there is nothing there.
    if (request.is404) return nowhere(request, reply);
    const { status, title, detail, field, retryAfterSeconds, unexpected = false } = refusedBy(error, app.initialConfig.bodyLimit ?? 0);
    if (unexpected) onUnexpected(error, request.id);
    return sendProblem(reply, status, title, detail, field, retryAfterSeconds);
  });
  app.setNotFoundHandler(nowhere);
}

const CLIENT_ERRORS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'the headers are larger than 16 KiB'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'Payload Too Large', 'the chunk extensions are too large'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'the request did not come in time'],
};
/** What never became a request: answered on the bare socket, which is then closed. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  // ECONNRESET: nobody is left to be told.
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const [status, phrase, detail] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'Bad Request', 'this is not HTTP/1.1'];
  const body = JSON.stringify(documentOf(status, TITLES[status] ?? 'bad request', detail));
  socket.end(`HTTP/1.1 ${status} ${phrase}\r\nconnection: close\r\ncontent-type: application/problem+json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`, () => socket.destroySoon());
}

/** The field a validation error is about, e.g. `items.1.category`: the one that is wrong or the one that is missing. */
function fieldOf(error: unknown): string | undefined {
  const read = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
  const missing = read(read(error, 'params'), 'missingProperty');
  const path = String(read(error, 'instancePath') ?? '').split('/').filter((part) => part !== '');
  return [...path, ...(typeof missing === 'string' ? [missing] : [])].join('.') || undefined;
}
