// The console: its page at the root, the page's scripts and styles beside it, and who the page's token is. The files stand in inference/console/.
import { Type } from 'typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { SCOPES } from '../../schemas/tokens.ts';
import type { ServingModel } from '../serving/loader.ts';
import { nameOf } from '../http/door.ts';
import { encodingFor } from '../http/encoding.ts';
import { isKnown, type Pages } from '../http/pages.ts';
import { Problem } from '../http/problem.ts';
import type { Door } from './order.ts';
import type { App } from './shapes.ts';

export type ConsolePorts = {
  readonly pages: Pages;
  readonly serving: () => ServingModel | undefined;
  readonly modelName: string;
  readonly defaultCategories: readonly string[];
  /** of the service */
  readonly version: string;
};
/** What the page may do: its own files and its own service, nothing inline, nothing from anywhere else. */
export const CONSOLE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const INDEX = 'index.html';

const Text = { schema: Type.String() };
const Known = Type.Null({ description: 'The caller has it already (If-None-Match).' });
const Html = { content: { 'text/html': Text } };
const File = { content: { 'text/javascript': Text, 'text/css': Text, 'image/svg+xml': Text } };
const Name = Type.String({ maxLength: 100 });
const FileParams = Type.Object({ part: Name });
const FolderParams = Type.Object({ part: Name, file: Name });
const Whoami = Type.Object({
  name: Type.String({ description: 'The token\'s name, as orders record it.' }), scopes: Type.Array(Type.Enum([...SCOPES]), { description: 'What it may do; admin includes the others.' }),
  model_name: Type.String(), categories: Type.Array(Type.String(), { description: 'Of the serving model; before one serves those of the settings.' }), service_version: Type.String(),
}, { title: 'Whoami' });

export function consoleRoutes(app: App, ports: ConsolePorts, needs: Door): void {
  function send(request: FastifyRequest, reply: FastifyReply, name: string): void {
    const file = ports.pages.get(name);
    if (file === undefined) throw new Problem(404, 'not found', `the console has no file '${name}'`);
    // Kept, and asked about each time: a new version of the service is seen at once.
    void reply.headers({ etag: file.etag, 'cache-control': 'no-cache', vary: 'accept-encoding', 'content-security-policy': CONSOLE_POLICY });
    if (isKnown(request.headers['if-none-match'], file.etag)) return void reply.code(304).send();
    const encoding = encodingFor(request.headers['accept-encoding']);
    if (encoding !== 'identity') void reply.header('content-encoding', encoding);
    void reply.type(file.type).send(file.bytes[encoding]);
  }
  app.get('/', { schema: { summary: 'The console: a page for people', response: { 200: Html, 304: Known } } }, (request, reply) => send(request, reply, INDEX));
  app.get('/console/:part', { schema: { summary: 'Scripts and styles of the console', refuses: [404], params: FileParams, response: { 200: File, 304: Known } } }, (request, reply) => send(request, reply, request.params.part));
  app.get('/console/:part/:file', { schema: { summary: 'Scripts of the console', refuses: [404], params: FolderParams, response: { 200: File, 304: Known } } }, (request, reply) => send(request, reply, `${request.params.part}/${request.params.file}`));

  app.get('/v1/whoami', { onRequest: needs(), schema: { summary: 'Whose token this is, and what it may do', response: { 200: Whoami } } }, (request) => {
    const held = request.caller?.scopes ?? new Set();
    return { name: nameOf(request), scopes: SCOPES.filter((scope) => held.has('admin') || held.has(scope)), model_name: ports.modelName, categories: [...(ports.serving()?.categories ?? ports.defaultCategories)], service_version: ports.version };
  });
}
