// Storage against an S3 that fails: a plain HTTP server that cuts connections and refuses parts.
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { readSettings } from '../../schemas/settings.ts';
import { createStorage } from './s3.ts';

async function against(t: TestContext, answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method ?? ''} ${request.headers.range ?? request.url?.split('?')[1]?.replace(/=$/, '') ?? ''}`.trim());
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => answer(request, response, Buffer.concat(chunks)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  return { asked, storage: createStorage(readSettings({ S3_ENDPOINT: `http://127.0.0.1:${port}`, S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' })) };
}
const CONTENT = Buffer.from(Array.from({ length: 50_000 }, (_, i) => `${i}\n`).join(''));
async function all(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = [];
  for await (const chunk of chunks) list.push(chunk);
  return Buffer.concat(list);
}

test('a connection that is cut is taken up where it broke off: every byte once', async (t) => {
  let cuts = 2;
  const { storage, asked } = await against(t, ({ headers }, response) => {
    const from = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0);
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': CONTENT.length - from });
    if ((cuts -= 1) < 0) response.end(CONTENT.subarray(from));
    else response.write(CONTENT.subarray(from, from + 100_000), () => response.socket?.destroySoon());
  });
  assert.deepEqual(await all(storage.read('s3://bucket/k', CONTENT.length)), CONTENT);
  assert.ok(asked.length === 3 && asked.slice(1).every((one) => /^GET bytes=\d+-$/.test(one)), asked.join());
});
test('no such object is told at once', async (t) => {
  const { storage, asked } = await against(t, (_request, response) => response.writeHead(404).end('<Error><Code>NoSuchKey</Code><Message>no</Message></Error>'));
  await assert.rejects(all(storage.read('s3://bucket/k', 5)), /there is no object s3:\/\/bucket\/k/);
  assert.equal(asked.length, 1);
});
test('an upload: parts, one that is refused is sent again, and the object is completed at the end only', async (t) => {
  const parts = new Map<string, string>();
  let refusals = 1;
  const { storage, asked } = await against(t, ({ method, url = '' }, response, body) => {
    const part = /partNumber=(\d+)/.exec(url)?.[1];
    if (method === 'POST' && url.endsWith('uploads')) return response.end('<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>up1</UploadId></InitiateMultipartUploadResult>');
    if (part !== undefined && part === '2' && (refusals -= 1) >= 0) return response.writeHead(503).end('<Error><Code>SlowDown</Code><Message>later</Message></Error>');
    if (part !== undefined) parts.set(part, body.toString());
    return response.writeHead(200, { etag: `"e${part ?? ''}"` }).end(part === undefined ? '<CompleteMultipartUploadResult><Location>l</Location><Bucket>bucket</Bucket><Key>k</Key><ETag>"x"</ETag></CompleteMultipartUploadResult>' : '');
  });
  const begun: unknown[] = [];
  const upload = storage.upload('s3://bucket/k', 'head\n', (leftover) => begun.push(leftover));
  const line = `${'x'.repeat(999_999)}\n`;
  for (let i = 0; i < 10; i += 1) await upload.write(line);
  assert.ok(asked.every((one) => !one.startsWith('POST uploadId')), 'nothing is completed before it is said');
  await upload.complete();
  assert.equal([...parts.entries()].sort().map(([, text]) => text).join(''), `head\n${line.repeat(10)}`);
  assert.deepEqual(begun, [{ uri: 's3://bucket/k', uploadId: 'up1' }]);
  assert.match(asked.at(-1) ?? '', /^POST uploadId=up1/);
});
test('two parts are on their way while the next is filled; which arrives first makes no difference, and a character cut by the end of a part is whole again', async (t) => {
  const parts = new Map<number, Buffer>();
  let held: (() => void) | undefined;
  let order = '';
  const { storage } = await against(t, ({ method, url = '' }, response, body) => {
    const part = Number(/partNumber=(\d+)/.exec(url)?.[1] ?? 0);
    if (method === 'POST' && url.endsWith('uploads')) return response.end('<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>k</Key><UploadId>up1</UploadId></InitiateMultipartUploadResult>');
    if (part === 0) {
      order = [...body.toString().matchAll(/<PartNumber>(\d+)</g)].map(([, number]) => number).join();
      return response.end('<CompleteMultipartUploadResult><Location>l</Location><Bucket>bucket</Bucket><Key>k</Key><ETag>"x"</ETag></CompleteMultipartUploadResult>');
    }
    parts.set(part, body);
    const answer = (): void => void response.writeHead(200, { etag: `"e${part}"` }).end();
    // The first is answered only when the second has come.
    if (part === 1) held = answer;
    else {
      answer();
      if (part === 2) held?.();
    }
  });
  const upload = storage.upload('s3://bucket/k', 'h\n', () => undefined);
  const line = `${'€'.repeat(333_333)}\n`;
  for (let i = 0; i < 26; i += 1) await upload.write(line);
  await upload.complete();
  assert.equal(Buffer.concat([...parts].sort(([a], [b]) => a - b).map(([, bytes]) => bytes)).toString(), `h\n${line.repeat(26)}`);
  assert.deepEqual([parts.size, order], [5, '1,2,3,4,5']);
});
