// Routes about dead letters: look at what nobody could use, send it to its topic again when what refused it has been mended, or purge it.
import { Type } from 'typebox';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Audited } from '../audit/audit.ts';
import type { Found, DeadLetterReader } from '../deadLetters/read.ts';
import { DEAD_LETTERS, INSPECTED_BYTES, isWhole, letterId, ORIGINS, placeOf, SHOWN_BYTES, type LetterPlace } from '../deadLetters/letter.ts';
import type { PurgeRule, Sweep } from '../deadLetters/purge.ts';
import type { Purges } from '../deadLetters/purges.ts';
import { meaningOf } from '../deadLetters/reasons.ts';
import type { Resends } from '../deadLetters/resends.ts';
import { nameOf } from '../http/door.ts';
import { Problem } from '../http/problem.ts';
import { orEmpty, type Door } from './order.ts';
import { orNull, TimeMs, type App } from './shapes.ts';

export type DeadLetterPorts = { readonly deadLetters: DeadLetterReader; readonly resends: Omit<Resends, 'close'>; readonly purges: Omit<Purges, 'close'>; readonly publish: (messages: readonly Outgoing[]) => Promise<void> };

const LetterId = Type.String({ maxLength: 64, examples: ['dead-letters:0:17'] });
const Reason = Type.String({ pattern: '^[a-z_]{1,64}$', examples: ['not_framed'] });
const facts = {
  id: LetterId, topic: Type.String({ description: 'Where it comes from.' }), partition: Type.Integer(), offset: Type.Integer(), reason: Type.String({ examples: ['not_framed'] }), error: Type.String(), consumer: Type.String({ description: 'Who set it aside.' }), process_version: orNull(Type.String({ description: 'The release that set it aside; null: one that did not say it.' })), at_ms: TimeMs,
  key: orNull(Type.String({ description: 'base64:… where it is no text.' })), length: Type.Integer({ description: 'Of the value as it came, in bytes.' }), resent: Type.Boolean(),
};
const shown = (most: number) => ({
  bytes_base64: orNull(Type.String({ description: `The first ${most} bytes of the value; null: it had none.` })),
  text: orNull(Type.String({ description: `The event as JSON where the value can be decoded, else the value where it is text; ${most} characters at most. null: neither.` })),
});
const Letter = Type.Object({ ...facts, ...shown(SHOWN_BYTES) }, { title: 'DeadLetter' });
const Letters = Type.Object({ items: Type.Array(Letter), next: orNull(Type.String({ description: 'For `before`: older ones may follow, also when this answer has none of what was asked for.' })) }, { title: 'DeadLetters' });
const Inspected = Type.Object({
  ...facts, ...shown(INSPECTED_BYTES), whole: Type.Boolean({ description: 'false: the record was too large to be kept whole, and cannot be sent again from here.' }), means: Type.String({ description: 'What the reason means.' }), fix: Type.String({ description: 'What mends it, before it is sent again.' }),
  headers: Type.Record(Type.String(), Type.String(), { description: 'Of the dead letter in Kafka.' }), resent_by: orNull(Type.String()), resent_at_ms: orNull(TimeMs),
}, { title: 'InspectedDeadLetter' });
const Query = Type.Object({ topic: Type.Optional(Type.Enum([...ORIGINS])), reason: Type.Optional(Reason), limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]?|100)$', description: '1 to 100; 50 when it is left out.' })), before: Type.Optional(Type.String({ pattern: '^[0-9]{1,18}$', description: 'As `next` of the last answer said.' })) });
const Params = Type.Object({ id: LetterId });
const Again = Type.Object({ again: Type.Optional(Type.Enum(['true', 'false'], { description: 'true: also when it has been sent again before.' })) });
const Resent = Type.Object({ id: LetterId, status: Type.Literal('resent'), topic: Type.String(), partition: Type.Integer(), offset: Type.Integer({ description: 'Where it stood before.' }) }, { title: 'Resent' });
const Purge = Type.Object({
  ids: Type.Optional(Type.Array(LetterId, { minItems: 1, maxItems: 100 })), topic: Type.Optional(Type.Enum([...ORIGINS])), reason: Type.Optional(Reason), before_ms: Type.Optional(Type.Integer({ minimum: 0, description: 'Those set aside before; milliseconds since 1970.' })),
  all: Type.Optional(Type.Literal(true, { description: 'Nothing else is named, and all of them are meant.' })), dry_run: Type.Optional(Type.Boolean({ description: 'Count, change nothing.' })),
}, { additionalProperties: false, title: 'Purge' });
const Purged = Type.Object({
  status: Type.Enum(['purged', 'counted']), purged: Type.Integer({ description: 'That were shown until now, or with dry_run would be purged.' }), in_log: Type.Integer({ description: 'Purged ones that Kafka still holds, until they are 30 days old or another purge cuts the log beyond them: those behind one that stays, and all where inference has no right to delete.' }), kept: Type.Integer(),
  complete: Type.Boolean({ description: 'false: there are too many for one look. They are purged, the counts are not whole, and another purge cuts the log further.' }),
}, { title: 'Purged' });
const DEFAULT_LIMIT = '50';

function placeIn(id: string): LetterPlace {
  const place = placeOf(id);
  if (place === undefined) throw new Problem(400, 'bad request', `'${id}' is not the id of a dead letter: ${DEAD_LETTERS}:PARTITION:OFFSET, as GET /v1/dead-letters tells them`, 'id');
  return place;
}

export function deadLetterRoutes(app: App, { deadLetters, resends, purges, publish }: DeadLetterPorts, needs: Door, audited: Audited): void {
  async function findOf(id: string): Promise<Found> {
    const place = placeIn(id);
    const found = await deadLetters.find(place, await purges.rules());
    if (found === undefined) throw new Problem(404, 'not found', `there is no dead letter '${id}' (any more); GET /v1/dead-letters lists them`, 'id');
    return found;
  }
  app.get('/v1/dead-letters', {
    onRequest: needs('admin'), schema: { tag: 'deadLetters', summary: 'Records that could not be used, the newest first', refuses: [503], querystring: Query, response: { 200: Letters } },
  }, async ({ query: { topic, reason, limit = DEFAULT_LIMIT, before } }) => {
    const { items, next } = await deadLetters.list({ topic, reason, limit: Number(limit), before: before === undefined ? undefined : BigInt(before) }, await purges.rules());
    const sent = await resends.among(items.map(({ id }) => id));
    return { items: items.map((one) => ({ ...one, resent: sent.has(one.id) })), next: next === undefined ? null : String(next) };
  });
  app.get('/v1/dead-letters/:id', {
    onRequest: needs('admin'), schema: { tag: 'deadLetters', summary: 'One dead letter: its bytes, why it is here, and what mends it', refuses: [404, 503], params: Params, response: { 200: Inspected } },
  }, async ({ params: { id } }) => {
    const { letter, headers, view } = await findOf(id);
    const sent = (await resends.among([view.id])).get(view.id);
    return { ...view, whole: isWhole(headers), ...meaningOf(letter.reason), headers, resent: sent !== undefined, resent_by: sent?.by ?? null, resent_at_ms: sent?.atMs ?? null };
  });
  app.post('/v1/dead-letters/:id/resend', {
    onRequest: needs('admin'), preValidation: orEmpty,
    schema: { tag: 'deadLetters', summary: 'Send a dead letter to its topic again', description: 'Its very bytes, with its key, to the partition they stood on, with the headers resent-from and resent-by. Once, unless `again` says otherwise. What cannot be used still comes back as a new dead letter.', refuses: [404, 409, 503], params: Params, querystring: Again, body: Type.Object({}), bodyOptional: true, response: { 202: Resent } },
  }, async (request, reply) => {
    const { letter, headers, view: { id } } = await findOf(request.params.id);
    const topic = ORIGINS.find((one) => one === letter.topic);
    if (topic === undefined) throw new Problem(404, 'not found', `the topic of dead letter '${id}', '${letter.topic}', is none of ours`, 'id');
    if (!isWhole(headers)) throw new Problem(409, 'cut', `of ${id} only the beginning is kept: the record was too large. It stands whole at ${topic}, partition ${letter.partition}, offset ${letter.offset}, until that topic forgets it`, 'id');
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
  app.post('/v1/dead-letters/purge', {
    onRequest: needs('admin'),
    schema: { tag: 'deadLetters', summary: 'Purge dead letters', description: 'By ids, or by topic, reason and age together. They are shown and sent no more. The log itself is cut up to the first letter that stays; a letter behind one that stays is hidden, and its bytes stand in Kafka until it is reached.', refuses: [400, 503], body: Purge, response: { 200: Purged } },
  }, async (request) => {
    const { ids, topic, reason, before_ms: beforeMs, all, dry_run: dry = false } = request.body;
    const named = [ids, topic ?? reason ?? beforeMs, all].filter((one) => one !== undefined).length;
    if (named !== 1) throw new Problem(400, 'bad request', 'name what is to be purged: ids; or topic, reason and before_ms, one or more of them; or all: true', 'ids');
    const bounds = await deadLetters.bounds();
    const fresh: PurgeRule[] = ids === undefined ? [{ from: 0n, upto: bounds.high, topic, reason, beforeMs }] : ids.map(placeIn).map(({ partition, offset }) => {
      if (partition !== 0 || offset >= bounds.high) throw new Problem(404, 'not found', `there is no dead letter '${letterId({ partition, offset })}'`, 'ids');
      return { from: offset, upto: offset + 1n };
    });
    const standing = await purges.rules();
    if (dry) return told('counted', await deadLetters.sweep(bounds, standing, fresh));
    const target = ids === undefined ? DEAD_LETTERS : ids.join(' ');
    return audited(request, { action: 'purge', target, details: { topic, reason, before_ms: beforeMs, all, below: Number(bounds.high) } }, async () => {
      await purges.add(fresh, nameOf(request));
      const sweep = await deadLetters.sweep(bounds, standing, fresh);
      const isCut = sweep.cutTo > bounds.low && (await deadLetters.cut(sweep.cutTo));
      if (isCut) await purges.forget(sweep.cutTo, bounds.high);
      return told('purged', isCut ? sweep : { ...sweep, hidden: sweep.hidden + sweep.front });
    });
  });
}
const told = (status: 'purged' | 'counted', { newly, hidden, kept, done }: Sweep & { readonly done: boolean }) => ({ status, purged: newly, in_log: hidden, kept, complete: done });
