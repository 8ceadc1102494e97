// What routes share that order something of the trainer: the door, and a body that may be left out.
import type { FastifyReply, FastifyRequest } from 'fastify';

export type { Door } from '../http/door.ts';
/** Before the handler of a route that takes an Idempotency-Key. */
export type Once = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** An order without a body is an order with the defaults. */
export function orEmpty(request: FastifyRequest, _reply: unknown, done: () => void): void {
  // null was said, and is wrong like any other.
  if (request.body === undefined) request.body = {};
  done();
}
