// What routes share that order something of the trainer: the door, and a body that may be left out.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Scope } from '../../schemas/settings.ts';

export type Door = (scope?: Scope) => (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** An order without a body is an order with the defaults. */
export function orEmpty(request: FastifyRequest, _reply: unknown, done: () => void): void {
  request.body ??= {};
  done();
}
