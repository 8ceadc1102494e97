// The OpenAPI 3.1 document, made of the routes and their own schemas: what validates and serialises is what is documented. (@fastify/swagger would do the walk, not the doors, refusals and named parts, which are most of it.)
import { REFUSALS, TAGS, type Route } from './contract.ts';
import { OipError } from '../oip/shapes.ts';
import { ProblemDocument, shownOf } from '../routes/shapes.ts';

type Json = Record<string, unknown>;
const PROBLEM = 'application/problem+json';
const ABOUT_HEADERS: Json = {
  'x-request-id': { description: 'The id of the request: the one that was sent, or one that was made.', schema: { type: 'string' } },
  'retry-after': { description: 'Seconds to wait.', schema: { type: 'string', pattern: '^[0-9]+$' } },
  'www-authenticate': { description: 'Bearer.', schema: { type: 'string' } },
};
const headersOf = (...names: string[]): Json => Object.fromEntries(['x-request-id', ...names].map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** A schema as the document shows it; parts with a title are named under components, once. Throws when two different parts have one name. */
function shower(parts: Map<string, unknown>) {
  return function show(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(show);
    if (typeof value !== 'object' || value === null) return value;
    const shown = shownOf(value) as Json;
    const { title } = shown;
    const copy = Object.fromEntries(Object.entries(shown).map(([key, one]) => [key, key === 'examples' || key === 'const' || key === 'enum' || key === 'default' ? one : show(one)]));
    if (typeof title !== 'string' || !('type' in shown || 'anyOf' in shown)) return copy;
    const before = parts.get(title);
    if (before !== undefined && JSON.stringify(before) !== JSON.stringify(copy)) throw new Error(`two different schemas have the title '${title}'`);
    parts.set(title, copy);
    return { $ref: `#/components/schemas/${title}` };
  };
}
type Show = ReturnType<typeof shower>;

/** An object schema of named texts as parameters of a place. */
function parametersOf(place: 'path' | 'query' | 'header', schema: object | undefined, show: Show): Json[] {
  const { properties = {}, required = [] } = (schema ?? {}) as { properties?: Record<string, Json>; required?: readonly string[] };
  return Object.entries(properties).map(([name, one]) => ({ name, in: place, required: place === 'path' || required.includes(name), ...('description' in one ? { description: one['description'] } : {}), schema: show(one) }));
}
const ANSWERS: Readonly<Record<string, string>> = { 200: 'Done.', 201: 'Made.', 202: 'Accepted; Kafka has it.', 204: 'Done; nothing to say.', 304: 'As the caller knows it.' };

function operationOf(route: Route, show: Show): Json {
  const { method, url, scopes, tag, summary, description, body, bodyOptional, params, querystring, headers, answers, refuses } = route;
  const parameters = [...parametersOf('path', params, show).filter((one) => url.includes(`:${String(one['name'])}`)), ...parametersOf('query', querystring, show), ...parametersOf('header', headers, show), { $ref: '#/components/parameters/x-request-id' }];
  const contentOf = (schema: object): unknown => ('content' in schema ? show(schema.content) : { 'application/json': { schema: show(schema) } });
  const answered = Object.entries(answers).map(([status, schema]) => [status, { description: ANSWERS[status] ?? 'An answer.', headers: headersOf(), ...(status === '304' ? {} : { content: contentOf(schema) }) }]);
  const refused = refuses.filter((status) => answers[status] === undefined).map((status) => [String(status), { $ref: `#/components/responses/${url.startsWith('/v2') ? 'v2-' : ''}${status}` }]);
  return {
    operationId: operationIdOf(method, url), summary, ...(description === undefined ? {} : { description }), tags: [tag],
    security: scopes === undefined ? [] : scopes.length === 0 ? [{ bearer: [] }] : scopes.map((scope) => ({ bearer: [scope] })),
    parameters, ...(body === undefined ? {} : { requestBody: { required: !bodyOptional, content: contentOf(body) } }),
    responses: Object.fromEntries([...answered, ...refused]),
  };
}
/** `POST /v1/jobs/:id/cancel` → post_v1_jobs_id_cancel */
const operationIdOf = (method: string, url: string): string => `${method.toLowerCase()}${url.replaceAll(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, '');
export const pathOf = (url: string): string => url.replaceAll(/:([A-Za-z_]+)/g, '{$1}');

const responseOf = (status: string, description: string, content: unknown): Json => ({ description, headers: headersOf(...(status === '401' ? ['www-authenticate'] : []), ...(status === '429' || status === '503' ? ['retry-after'] : [])), content });

/** version: of the service. */
export function openapiOf(routes: readonly Route[], { version }: { readonly version: string }): Json {
  const parts = new Map<string, unknown>();
  const show = shower(parts);
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[pathOf(route.url)] ??= {})[route.method.toLowerCase()] = operationOf(route, show);
  const refusals = Object.entries(REFUSALS).flatMap(([status, about]) => [
    [status, responseOf(status, about, { [PROBLEM]: { schema: show(ProblemDocument) } })],
    [`v2-${status}`, responseOf(status, about, { 'application/json': { schema: show(OipError) } })],
  ]);
  const used = new Set(Object.keys(TAGS).filter((tag) => routes.some((route) => route.tag === tag)));
  return {
    openapi: '3.1.0',
    info: {
      title: 'Inference', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'Predictions, feedback and the life of the models. A prediction is answered, and feedback taken, after Kafka has acknowledged its event. Every refusal is a problem document (RFC 9457) that names field and fix, under /v2 the error object of the Open Inference Protocol.',
    },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).filter(([tag]) => used.has(tag)).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', description: 'A token with scopes: predict, feedback, train, admin; admin includes the others. The scopes of an operation stand in its security requirement; none: any known token.' } },
      parameters: { 'x-request-id': { name: 'x-request-id', in: 'header', required: false, description: 'An id of your own for this request; it stands in the answer, in problem documents and in the log. One that is no legal id is replaced.', schema: { type: 'string' } } },
      headers: ABOUT_HEADERS, responses: Object.fromEntries(refusals), schemas: Object.fromEntries([...parts].sort(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}
