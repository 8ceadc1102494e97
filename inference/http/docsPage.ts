// The OpenAPI document as one page: no script, nothing loaded from anywhere, its style allowed by its hash.
import { createHash } from 'node:crypto';

type Json = Readonly<Record<string, unknown>>;
const STYLE = `:root{color-scheme:light dark;--line:#8884;--soft:#8882;--key:#0a6ebd}body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1.5rem}h1{margin:0}h2{margin-top:2.5rem;border-bottom:1px solid var(--line)}
details{border:1px solid var(--line);border-radius:6px;margin:.5rem 0}summary{cursor:pointer;padding:.5rem .75rem;display:flex;gap:.75rem;align-items:baseline;flex-wrap:wrap}details>div{padding:0 .75rem .75rem}
code,pre{font:13px/1.45 ui-monospace,monospace}pre{background:var(--soft);padding:.6rem;border-radius:6px;overflow:auto}b.method{font:700 12px ui-monospace,monospace;min-width:3.5rem;color:var(--key)}.scope{margin-left:auto;font-size:12px;border:1px solid var(--line);border-radius:99px;padding:0 .6rem}.scope+.scope{margin-left:0}
table{border-collapse:collapse;width:100%}td,th{text-align:left;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid var(--line)}a{color:var(--key)}`;
/** Content-Security-Policy of the page. */
export const PAGE_POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const escape = (text: string): string => text.replace(/[&<>"']/g, (one) => `&#${one.codePointAt(0) ?? 0};`);
const code = (text: string): string => `<code>${escape(text)}</code>`;
/** A description: what stands in backticks is code. */
const prose = (text: string): string => escape(text).replace(/`(.+?)`/g, '<code>$1</code>');
const objectIn = (from: unknown, ...path: readonly string[]): Json => {
  const found = path.reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), from);
  return typeof found === 'object' && found !== null ? (found as Json) : {};
};
const textIn = (from: unknown, name: string): string => {
  const found: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return typeof found === 'string' ? found : '';
};
const listIn = (from: unknown, name: string): readonly unknown[] => {
  const found: unknown = typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined;
  return Array.isArray(found) ? found : [];
};

/** A reference followed once; what is named stands at the end of the page. */
const follow = (document: Json, value: unknown): Json => (textIn(value, '$ref') === '' ? objectIn(value) : objectIn(document, ...textIn(value, '$ref').slice(2).split('/')));

/** A schema in a line of TypeScript-like words; what has a name is linked. */
function words(schema: unknown): string {
  const ref = textIn(schema, '$ref').split('/').at(-1) ?? '';
  if (ref !== '') return `<a href="#${escape(ref)}">${escape(ref)}</a>`;
  const choices = [...listIn(schema, 'anyOf'), ...listIn(schema, 'oneOf'), ...listIn(schema, 'allOf')];
  if (choices.length > 0) return choices.map(words).join(' | ');
  const values = typeof schema === 'object' && schema !== null && 'const' in schema ? [schema.const] : listIn(schema, 'enum');
  if (values.length > 0) return values.map((one) => escape(JSON.stringify(one))).join(' | ');
  const type = textIn(schema, 'type');
  if (type === 'array') return `${words(objectIn(schema, 'items'))}[]`;
  if (type !== 'object') return escape(type || 'anything');
  const required = listIn(schema, 'required');
  const fields = Object.entries(objectIn(schema, 'properties')).map(([name, one]) => `${escape(name)}${required.includes(name) ? '' : '?'}: ${words(one)}`);
  return `{ ${[...fields, ...(Reflect.get(objectIn(schema), 'additionalProperties') === true ? ['…'] : [])].join(', ')} }`;
}
const contents = (from: unknown): string => Object.entries(objectIn(from, 'content')).map(([type, one]) => `${code(type)} ${words(objectIn(one, 'schema'))}`).join('<br>');

function operation(document: Json, path: string, method: string, one: Json): string {
  const doors = listIn(one, 'security').map((door) => listIn(door, 'bearer').map(String).join(', ') || 'any token');
  const parameters = listIn(one, 'parameters').map((entry) => follow(document, entry)).map((p) => `<tr><td>${code(textIn(p, 'name'))}<td>${escape(textIn(p, 'in'))}<td>${words(p['schema'])}<td>${prose(textIn(p, 'description'))}`);
  const answers = Object.entries(objectIn(one, 'responses')).map(([status, answer]) => [status, follow(document, answer)] as const).map(([status, answer]) => `<tr><td>${escape(status)}<td>${prose(textIn(answer, 'description'))}<td>${contents(answer)}`);
  const body = contents(one['requestBody']);
  return `<details id="${escape(textIn(one, 'operationId'))}"><summary><b class="method">${method.toUpperCase()}</b>${code(path)}<span>${escape(textIn(one, 'summary'))}</span>${doors.map((door) => `<span class="scope">${escape(door)}</span>`).join('')}</summary><div>${
    textIn(one, 'description') === '' ? '' : `<p>${prose(textIn(one, 'description'))}</p>`}${body === '' ? '' : `<h4>Body</h4><p>${body}</p>`}<h4>Parameters</h4><table>${parameters.join('')}</table><h4>Answers</h4><table>${answers.join('')}</table></div></details>`;
}

/** The whole page. */
export function docsPage(document: Json): string {
  const paths = Object.entries(objectIn(document, 'paths')).flatMap(([path, methods]) => Object.entries(objectIn(methods)).map(([method, one]) => ({ path, method, one: objectIn(one) })));
  const sections = listIn(document, 'tags').map((tag) => {
    const name = textIn(tag, 'name');
    return `<h2>${escape(textIn(tag, 'description') || name)}</h2>${paths.filter(({ one }) => listIn(one, 'tags').includes(name)).map(({ path, method, one }) => operation(document, path, method, one)).join('')}`;
  });
  const parts = Object.entries(objectIn(document, 'components', 'schemas')).map(([name, schema]) => `<h4 id="${escape(name)}">${escape(name)}</h4><p>${prose(textIn(schema, 'description'))}</p><p><code>${words(schema)}</code></p>${listIn(schema, 'examples').map((one) => `<pre>${escape(JSON.stringify(one, null, 2))}</pre>`).join('')}`);
  const info = objectIn(document, 'info');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escape(textIn(info, 'title'))}</title><style>${STYLE}</style></head><body><h1>${escape(textIn(info, 'title'))} ${escape(textIn(info, 'version'))}</h1><p>${prose(textIn(info, 'description'))}</p><p>${prose(textIn(objectIn(document, 'components', 'securitySchemes', 'bearer'), 'description'))} The same as a document: <a href="openapi.json">openapi.json</a>.</p>${sections.join('')}<h2>Shapes</h2>${parts.join('')}</body></html>`;
}
