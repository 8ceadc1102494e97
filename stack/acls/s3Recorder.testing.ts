// Stands before S3 and writes down which calls come by; everything is passed on as it is, so that signatures hold.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { callOf, type S3Call } from '../../schemas/s3Policies.ts';
import { closeAtEnd } from '../testing.ts';

/** url: for S3_ENDPOINT. calls: each kind once, as `action bucket/key`. */
export async function openRecorder(t: TestContext, endpoint: string): Promise<{ readonly url: string; readonly calls: ReadonlyMap<string, S3Call> }> {
  const calls = new Map<string, S3Call>();
  const { hostname, port } = new URL(endpoint);
  const server = createServer((asked, answer) => {
    const call = callOf(asked.method ?? '', asked.url ?? '');
    calls.set(`${call.action} ${call.bucket}/${call.key ?? ''}`, call);
    const onward = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    asked.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAtEnd(t, () => new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  }));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, calls };
}
