// The contract itself: as an OpenAPI document, and as a page that needs nothing else.
import { Type } from 'typebox';
import type { Route } from '../http/contract.ts';
import { docsPage, PAGE_POLICY } from '../http/docsPage.ts';
import { openapiOf } from '../http/openapi.ts';
import type { App } from './shapes.ts';

export type DocsPorts = { /** of the service */ readonly version: string };
const Document = Type.Object({ openapi: Type.String(), paths: Type.Object({}, { additionalProperties: true }) }, { additionalProperties: true });

/** routes: asked once, when all have been registered. */
export function docsRoutes(app: App, { version }: DocsPorts, routes: () => readonly Route[]): void {
  let made: { readonly json: string; readonly page: string } | undefined;
  const documents = () => {
    if (made !== undefined) return made;
    const document = openapiOf(routes(), { version });
    return (made = { json: JSON.stringify(document), page: docsPage(document) });
  };
  app.get('/openapi.json', { schema: { summary: 'This document', response: { 200: Document } } }, (_request, reply) => {
    // Already text; fastify sends that as it is.
    void reply.type('application/json; charset=utf-8').send(documents().json as never);
  });
  app.get('/docs', { schema: { summary: 'This document as a page', response: { 200: { content: { 'text/html': { schema: Type.String() } } } } } }, (_request, reply) => {
    void reply.type('text/html; charset=utf-8').header('content-security-policy', PAGE_POLICY).send(documents().page);
  });
}
