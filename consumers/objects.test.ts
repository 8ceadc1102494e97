// Bytes that are not what S3 says they are never reach whoever asked for them, and the error names the object.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { LoopError } from '../schemas/failure.ts';
import { readSettings } from '../schemas/settings.ts';
import { createReadObject, md5In } from './objects.ts';

const BODY = Buffer.from('product_description,Category\nOat Milk,Beverages\n');
const ETAG = `"${createHash('md5').update(BODY).digest('hex')}"`;
const flipped = Buffer.from(BODY).fill('X', 30, 31);

test('what the ETag tells', () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const table: [Record<string, string>, string | undefined][] = [
    [{ etag: `"${md5}"` }, md5], [{ etag: md5.toUpperCase() }, md5], [{ etag: `"${md5}-3"` }, undefined], [{}, undefined], [{ etag: '"abc"' }, undefined],
    [{ etag: `"${md5}"`, 'x-amz-server-side-encryption': 'AES256' }, md5], [{ etag: `"${md5}"`, 'x-amz-server-side-encryption': 'aws:kms' }, undefined], [{ etag: `"${md5}"`, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' }, undefined],
  ];
  for (const [headers, expected] of table) assert.equal(md5In(headers), expected, JSON.stringify(headers));
});
test('whole bytes are given; changed and shortened ones are refused by name', async (t) => {
  const answers: Record<string, { readonly body: Buffer; readonly etag?: string }> = {
    whole: { body: BODY, etag: ETAG }, untold: { body: flipped }, flipped: { body: flipped, etag: ETAG }, shortened: { body: BODY.subarray(0, 20), etag: ETAG },
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url?.split('/').at(-1) ?? ''];
    response.writeHead(200, { 'content-length': String(answer?.body.length ?? 0), ...(answer?.etag === undefined ? {} : { etag: answer.etag }) }).end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const read = createReadObject(readSettings({ S3_ENDPOINT: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 'b' }));
  assert.deepEqual(await read('s3://bucket/whole'), BODY);
  assert.deepEqual(await read('s3://bucket/untold'), flipped);
  for (const name of ['flipped', 'shortened']) await assert.rejects(read(`s3://bucket/${name}`), (error: unknown) => error instanceof LoopError && error.kind === 'transient' && error.code === 'damaged' && error.message.includes(`s3://bucket/${name} came damaged`));
});
