// The part of docs/reference/http.md that is made of the routes. Run this file to write it; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openApp } from './app.testing.ts';

type Operation = { readonly summary: string; readonly tags: readonly string[]; readonly security: readonly { readonly bearer: readonly string[] }[]; readonly responses: Readonly<Record<string, unknown>> };
type Document = { readonly tags: readonly { readonly name: string; readonly description: string }[]; readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
export const PAGE = join(import.meta.dirname, '../../docs/reference/http.md');
const [BEGIN, END] = ['<!-- routes:begin -->', '<!-- routes:end -->'];

function tableOf({ tags, paths }: Document): string {
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, one]) => ({ method: method.toUpperCase(), path, ...one })));
  return tags.map(({ name, description }) => {
    const rows = operations.filter((one) => one.tags.includes(name)).map(({ method, path, summary, security, responses }) => {
      const statuses = Object.keys(responses).filter((status) => status !== '500').join(' ');
      const scopes = security.map(({ bearer }) => bearer.join(', ') || 'any').join(' or ') || 'none';
      return `| \`${method} ${path}\` | ${scopes} | ${summary} | ${statuses} |`;
    });
    return `### ${description}\n\n| route | scope | | statuses |\n|---|---|---|---|\n${rows.join('\n')}`;
  }).join('\n\n');
}
/** The page with the table of routes made anew. Throws when a marker is missing. */
export async function withRoutes(page: string): Promise<string> {
  const { app } = openApp();
  const table = tableOf((await app.inject('/openapi.json')).json<Document>());
  await app.close();
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks ${BEGIN} ... ${END}`);
  return `${page.slice(0, from + BEGIN.length)}\n${table}\n${page.slice(to)}`;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) writeFileSync(PAGE, await withRoutes(readFileSync(PAGE, 'utf8')));
