// What routes share that order something of the trainer: the door, and a body that may be left out.
import type { FastifyRequest } from 'fastify';

export type { Door } from '../door.ts';

/** An order without a body is an order with the defaults. */
export function orEmpty(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}
