// RFC 9457 problem documents.
import type { FastifyReply } from 'fastify';
import { LoopError, messageOf } from '../schemas/failure.ts';
import type { App } from './routes/shapes.ts';

/** A refusal with its HTTP status. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly field: string | undefined;
  constructor(status: number, title: string, detail: string, field?: string) {
    super(detail);
    this.status = status;
    this.title = title;
    this.field = field;
  }
}
const TITLES: Readonly<Record<number, string>> = { 400: 'bad request', 404: 'not found', 413: 'too large', 415: 'unsupported media type', 503: 'unavailable' };

export function sendProblem(reply: FastifyReply, status: number, title: string, detail: string, field?: string): FastifyReply {
  return reply.code(status).type('application/problem+json').send({ type: 'about:blank', title, status, detail, ...(field === undefined ? {} : { field }) });
}

export function answerProblems(app: App, onUnexpected: (error: unknown) => void): void {
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof Problem) return sendProblem(reply, error.status, error.title, error.message, error.field);
    if (error instanceof LoopError && error.retryable) {
      void reply.header('retry-after', '1');
      return sendProblem(reply, 503, 'unavailable', error.message);
    }
    const read = (name: string): unknown => (typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined);
    const validation = read('validation');
    if (Array.isArray(validation)) {
      const first: unknown = validation[0];
      return sendProblem(reply, 400, 'bad request', messageOf(error), fieldOf(first));
    }
    const status = Number(read('statusCode') ?? 500);
    if (status < 500) return sendProblem(reply, status, TITLES[status] ?? 'refused', status === 413 ? `the body is larger than ${app.initialConfig.bodyLimit ?? 0} bytes` : messageOf(error));
    onUnexpected(error);
    return sendProblem(reply, 500, 'internal error', 'unexpected; the log of inference tells more');
  });
  app.setNotFoundHandler((request, reply) => sendProblem(reply, 404, 'not found', `there is no ${request.method} ${request.url}`));
}

/** The field a validation error is about, e.g. `items.1.category`: the one that is wrong or the one that is missing. */
function fieldOf(error: unknown): string | undefined {
  const read = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
  const missing = read(read(error, 'params'), 'missingProperty');
  const path = String(read(error, 'instancePath') ?? '').split('/').filter((part) => part !== '');
  return [...path, ...(typeof missing === 'string' ? [missing] : [])].join('.') || undefined;
}
