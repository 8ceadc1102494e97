// Routes about dead letters: look at what nobody could use, and send it to its topic again when what refused it has been mended.
import { Type } from 'typebox';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Audited } from '../audit/audit.ts';
import type { DeadLetterReader } from '../deadLetters/read.ts';
import { DEAD_LETTERS, ORIGINS, placeOf, SHOWN_BYTES } from '../deadLetters/letter.ts';
import type { Resends } from '../deadLetters/resends.ts';
import { nameOf } from '../http/door.ts';
import { Problem } from '../http/problem.ts';
import { orEmpty, type Door } from './order.ts';
import { orNull, TimeMs, type App } from './shapes.ts';

export type DeadLetterPorts = { readonly deadLetters: DeadLetterReader; readonly resends: Omit<Resends, 'close'>; readonly publish: (messages: readonly Outgoing[]) => Promise<void> };

const LetterId = Type.String({ maxLength: 64, examples: ['dead-letters:0:17'] });
const Letter = Type.Object({
  id: LetterId, topic: Type.String({ description: 'Where it comes from.' }), partition: Type.Integer(), offset: Type.Integer(), reason: Type.String({ examples: ['not_framed'] }), error: Type.String(), consumer: Type.String({ description: 'Who set it aside.' }), at_ms: TimeMs,
  key: orNull(Type.String({ description: 'base64:… where it is no text.' })), bytes_base64: orNull(Type.String({ description: `The first ${SHOWN_BYTES} bytes of the value; null: it had none.` })), length: Type.Integer({ description: 'Of the value, in bytes.' }),
  text: orNull(Type.String({ description: `The event as JSON where the value can be decoded, else the value where it is text; ${SHOWN_BYTES} characters at most. null: neither.` })), resent: Type.Boolean(),
}, { title: 'DeadLetter' });
const Letters = Type.Object({ items: Type.Array(Letter), next: orNull(Type.String({ description: 'For `before`: older ones may follow, also when this answer has none of the topic asked for.' })) }, { title: 'DeadLetters' });
const Query = Type.Object({ topic: Type.Optional(Type.Enum([...ORIGINS])), limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 50 when it is left out.' })), before: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: 'As `next` of the last answer said.' })) });
const Params = Type.Object({ id: LetterId });
const Again = Type.Object({ again: Type.Optional(Type.Enum(['true', 'false'], { description: 'true: also when it has been sent again before.' })) });
const Resent = Type.Object({ id: LetterId, status: Type.Literal('resent'), topic: Type.String(), partition: Type.Integer(), offset: Type.Integer({ description: 'Where it stood before.' }) }, { title: 'Resent' });
const DEFAULT_LIMIT = '50';

export function deadLetterRoutes(app: App, { deadLetters, resends, publish }: DeadLetterPorts, needs: Door, audited: Audited): void {
  app.get('/v1/dead-letters', {
    onRequest: needs('admin'), schema: { tag: 'deadLetters', summary: 'Records that could not be used, the newest first', refuses: [503], querystring: Query, response: { 200: Letters } },
  }, async ({ query: { topic, limit = DEFAULT_LIMIT, before } }) => {
    const { items, next } = await deadLetters.list({ topic, limit: Number(limit), before: before === undefined ? undefined : BigInt(before) });
    const sent = await resends.among(items.map(({ id }) => id));
    return { items: items.map((one) => ({ ...one, resent: sent.has(one.id) })), next: next === undefined ? null : String(next) };
  });
  app.post('/v1/dead-letters/:id/resend', {
    onRequest: needs('admin'), preValidation: orEmpty,
    schema: { tag: 'deadLetters', summary: 'Send a dead letter to its topic again', description: 'Its very bytes, with its key, to the partition they stood on, with the headers resent-from and resent-by. Once, unless `again` says otherwise. What cannot be used still comes back as a new dead letter.', refuses: [404, 409, 503], params: Params, querystring: Again, body: Type.Object({}), bodyOptional: true, response: { 202: Resent } },
  }, async (request, reply) => {
    const { id } = request.params;
    const place = placeOf(id);
    if (place === undefined) throw new Problem(400, 'bad request', `'${id}' is not the id of a dead letter: ${DEAD_LETTERS}:PARTITION:OFFSET, as GET /v1/dead-letters tells them`, 'id');
    const letter = await deadLetters.find(place);
    const topic = ORIGINS.find((one) => one === letter?.topic);
    if (letter === undefined || topic === undefined) throw new Problem(404, 'not found', `there is no dead letter '${id}' (any more); GET /v1/dead-letters lists them`, 'id');
    const by = nameOf(request);
    const again = request.query.again === 'true';
    const before = await resends.claim(id, by, again);
    if (before !== undefined) throw new Problem(409, 'sent before', `${before.by} has sent ${id} again on ${new Date(before.atMs).toISOString()}; with ?again=true it is sent once more`, 'id');
    try {
      await audited(request, { action: 'resend', target: id, details: { topic, partition: letter.partition, offset: letter.offset, again } }, () => publish([{ topic, partition: letter.partition, key: letter.original_key, raw: letter.original_value, headers: { 'resent-from': id, 'resent-by': by } }]));
    } catch (error) {
      // One that was sent before stays so.
      if (!again) await resends.unclaim(id).catch(() => undefined);
      throw error;
    }
    return reply.code(202).send({ id, status: 'resent' as const, topic, partition: letter.partition, offset: letter.offset });
  });
}
