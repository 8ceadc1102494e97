// Bodies of HTTP requests: how deep they nest, and the whole app over ports that answer at once.
import { isUtf8 } from 'node:buffer';
import { openApp } from '../../../inference/http/app.testing.ts';
import { deeperThan } from '../../../inference/http/depth.ts';
import { join, mutate, mutateJsonText } from '../mutate.ts';
import { Broken, type Decoder } from '../run.ts';

const LIMIT = 5;
function depthOf(value: unknown): number {
  let depth = 0;
  let level = [value];
  for (; level.length > 0; depth += 1) level = level.filter((one) => typeof one === 'object' && one !== null).flatMap((one) => Object.values(one as object));
  return depth - 1;
}
function depth(bytes: Uint8Array): unknown {
  const said = deeperThan(LIMIT, bytes);
  let read: unknown;
  try {
    if (!isUtf8(bytes)) return said;
    read = JSON.parse(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
  } catch {
    return said;
  }
  // Names that stand twice hide what is read first.
  if (!said && depthOf(read) > LIMIT) throw new Broken(`depth ${depthOf(read)} is not seen`);
  return said;
}

const ROUTES = {
  '/v1/predict': 'p', '/v1/feedback': 'f', '/v2/models/tiny/infer': 'p', '/v1/train/csv': 't', '/v1/train/human_feedback': 't', '/v1/predict/csv': 'p', '/v1/retrain': 'a', '/v1/labels/lease': 'f', '/v1/models/tiny/rollback': 'a', '/v1/dead-letters/dead-letters:0:17/resend': 'a',
} as const;
const NAMES = Object.keys(ROUTES) as (keyof typeof ROUTES)[];
/** An input is a request: its route, headers and an empty line before the body. */
function parts(bytes: Uint8Array): { readonly route: keyof typeof ROUTES; readonly headers: Record<string, string>; readonly body: Buffer } {
  const all = Buffer.from(bytes);
  const end = all.indexOf('\n\n');
  const [first = '', ...lines] = all.toString('latin1', 0, Math.max(0, end)).split('\n');
  const route = NAMES.find((name) => name === first) ?? NAMES[first.length % NAMES.length] ?? '/v1/predict';
  // As Node's own parser of HTTP lets them through.
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const).filter(([name, value]) => /^[a-z-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value) && !['content-length', 'transfer-encoding', 'connection', 'host', 'expect'].includes(name)));
  return { route, headers, body: end < 0 ? all : all.subarray(end + 2) };
}
const unexpected: unknown[] = [];
let app: ReturnType<typeof openApp>['app'] | undefined;
async function request(bytes: Uint8Array): Promise<unknown> {
  app ??= openApp({ publish: () => Promise.resolve(), onUnexpected: (error) => void unexpected.push(error) }).app;
  const { route, headers, body } = parts(bytes);
  const answer = await app.inject({ method: 'POST', url: route, headers: { authorization: `Bearer ${ROUTES[route]}`, ...headers }, payload: body });
  const error = unexpected.shift();
  if (error !== undefined) throw error;
  if (answer.statusCode >= 500 && answer.statusCode !== 503) throw new Broken(`${route} answers ${answer.statusCode}: ${answer.body.slice(0, 200)}`);
  return { status: answer.statusCode, body: answer.body };
}
/** Half of the bodies are still JSON. */
const make: Decoder['make'] = (random, seeds, tokens) => {
  const seed = random.pick(seeds);
  const body = Buffer.from(seed).indexOf('\n\n') + 2;
  const changed = random.below(2) === 0 ? undefined : mutateJsonText(random, seed.slice(body));
  return changed === undefined ? mutate(random, seeds, tokens) : join([seed.slice(0, body), changed]);
};
export const HTTP_DECODERS: readonly Decoder[] = [
  { name: 'json-depth', share: 60, tokens: ['[', ']', '{"a":', '}', '"', '\\', '\\"', '[[[[[[[', ','], decode: depth },
  {
    name: 'http', share: 60, make, decode: request, close: () => void app?.close(),
    tokens: ['"__proto__":', '"items":[', '"parameters":{"binary_data_size":4}', '"shape":[1000]', '"shape":[0]', 'null', '1e999', '\ninference-header-content-length: 10', '\ncontent-type: application/octet-stream', '\nidempotency-key: k', '\ncontent-encoding: gzip', '\ud83d', '\\ud800'],
  },
];
