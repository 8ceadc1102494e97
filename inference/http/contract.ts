// What every route promises, read off its own schema: who may call it, what it answers, how it refuses. The OpenAPI document, 405 and the tests are made of this.
import type { Scope } from '../../schemas/tokens.ts';
import type { App } from '../routes/shapes.ts';

export const TAGS = { predict: 'Answers', feedback: 'Labels', jobs: 'Trainings and batch predictions', models: 'Models', live: 'Live figures', deadLetters: 'Dead letters', audit: 'Audit log', v2: 'Open Inference Protocol v2', service: 'The service itself' } as const;
/** Statuses a route may refuse with beyond those that follow from its shape; each with when. */
export const REFUSALS = {
  400: 'A field is wrong; `field` names it.', 401: 'No known token.', 403: 'The token lacks the scope.', 404: 'There is no such thing.', 409: 'It cannot be done in the present state.', 413: 'The body is too large.', 415: 'The body is not of a media type that is taken here.',
  422: 'The request contradicts an earlier one.', 429: 'Too many requests; `Retry-After` says when to come back.', 500: 'Unexpected; the log of inference tells more under the request id.', 503: 'Cannot be answered now and nothing was recorded; `Retry-After` says when to come back.',
} as const;
export type Refusal = keyof typeof REFUSALS;
declare module 'fastify' {
  interface FastifySchema {
    /** One line for the document; a route without one fails the test of the contract. */
    summary?: string;
    description?: string;
    tag?: keyof typeof TAGS;
    /** Beyond those that follow from the route's shape: 401, 403 and 429 from its door, 400 from what it validates, 413 and 415 from a body, 500. */
    refuses?: readonly Refusal[];
    /** The body may be left out. */
    bodyOptional?: boolean;
  }
}
/** What a door says of itself: one of these scopes; none of them: any known token. */
export type Knows = { readonly scopes?: readonly Scope[] };
export type Route = {
  readonly method: string; readonly url: string; /** one of these; none: any known token; undefined: no token */ readonly scopes: readonly Scope[] | undefined; readonly tag: keyof typeof TAGS; readonly summary: string; readonly description: string | undefined;
  readonly body: object | undefined; readonly bodyOptional: boolean; readonly params: object | undefined; readonly querystring: object | undefined; readonly headers: object | undefined;
  /** by status: a schema, or {content: {media type: {schema}}} */
  readonly answers: Readonly<Record<string, object>>;
  readonly refuses: readonly Refusal[];
};

/** Call before the first route. The list grows as routes are registered. */
export function keepContract(app: App): readonly Route[] {
  const routes: Route[] = [];
  app.addHook('onRoute', ({ method, url, schema = {}, onRequest }) => {
    const scopes = [onRequest].flat().map((hook) => (hook as Knows | undefined)?.scopes).find((one) => one !== undefined);
    for (const one of [method].flat()) {
      // HEAD comes with every GET and says the same without its body; OPTIONS is the browser's own question.
      if (one === 'HEAD' || one === 'OPTIONS') continue;
      const { body, params, querystring, headers } = { body: objectOf(schema.body), params: objectOf(schema.params), querystring: objectOf(schema.querystring), headers: objectOf(schema.headers) };
      routes.push({
        method: one, url, scopes, tag: schema.tag ?? 'service', summary: schema.summary ?? '', description: schema.description, body, bodyOptional: schema.bodyOptional ?? false, params, querystring, headers,
        answers: (schema.response ?? {}) as Record<string, object>,
        refuses: [...new Set<Refusal>([
          ...(body ?? params ?? querystring ?? headers ? [400 as const] : []), ...(scopes === undefined ? [] : [401 as const, 429 as const]), ...(scopes === undefined || scopes.length === 0 ? [] : [403 as const]),
          ...(body === undefined ? [] : [413 as const, 415 as const]), ...(schema.refuses ?? []), 500,
        ])].sort((a, b) => a - b),
      });
    }
  });
  return routes;
}
const objectOf = (value: unknown): object | undefined => (typeof value === 'object' && value !== null ? value : undefined);

/** `/v1/jobs/:id` as a pattern of paths. */
const patternOf = (url: string): RegExp => new RegExp(`^${url.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/:[A-Za-z_]+/g, '[^/]+')}/?$`);
/** The methods a path knows, [] when it is no path of ours. Not for hot paths. */
export function methodsAt(routes: readonly Route[], path: string): string[] {
  const methods = new Set(routes.filter(({ url }) => patternOf(url).test(path)).map(({ method }) => method));
  return methods.has('GET') ? ['HEAD', ...methods].sort() : [...methods].sort();
}
