import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { damaged, openWrongBytes } from './wrongBytes.ts';

test('a damaged copy differs in one byte, or ends early', () => {
  const bytes = Buffer.from('abcdef');
  assert.deepEqual([damaged(bytes, 'flip').toString(), damaged(bytes, 'shorten').toString(), bytes.toString()], ['abceef', 'abc', 'abcdef']);
});
test('what is hit is damaged, all else passes as it is, and on command all is whole again', async (t) => {
  const server = createServer((asked, answer) => {
    let heard = '';
    asked.on('data', (chunk: Buffer) => (heard += chunk.toString()));
    asked.on('end', () => answer.writeHead(200, { etag: '"x"' }).end(`${asked.method} ${heard}${asked.url}`));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const proxy = await openWrongBytes({ port: 0, to: typeof address === 'object' && address !== null ? address.port : 0 });
  t.after(() => proxy.close());
  const get = (path: string, init: RequestInit = {}): Promise<string> => fetch(`http://127.0.0.1:${proxy.port}${path}`, init).then((answer) => answer.text());
  assert.equal(await get('/models/a'), 'GET /models/a');
  proxy.set({ how: 'shorten', hits: (path) => path.startsWith('/models/') });
  assert.deepEqual([await get('/models/a'), await get('/dataset/a'), await get('/models/a', { method: 'PUT', body: 'word' }), proxy.count()], ['GET /m', 'GET /dataset/a', 'PUT word/models/a', 1]);
  proxy.set(undefined);
  assert.equal(await get('/models/a'), 'GET /models/a');
});
