// An HTTP proxy before S3 that hands over wrong bytes on command: a flipped bit, or an object that looks whole and is shorter. Everything else passes as it is.
import { createServer, request as ask } from 'node:http';

/** path: begins with the bucket. */
export type Damage = { readonly how: 'flip' | 'shorten'; readonly hits: (path: string) => boolean };
export type WrongBytes = { readonly port: number; set(damage: Damage | undefined): void; /** answers that were damaged */ readonly count: () => number; close(): Promise<void> };

/** Of at least one byte. */
export function damaged(bytes: Buffer, how: Damage['how']): Buffer {
  const middle = Math.floor(bytes.length / 2);
  if (how === 'shorten') return bytes.subarray(0, middle);
  const copy = Buffer.from(bytes);
  copy[middle] = (copy[middle] ?? 0) ^ 1;
  return copy;
}

/** port: 0 for any. */
export async function openWrongBytes({ port, to }: { readonly port: number; readonly to: number }): Promise<WrongBytes> {
  let damage: Damage | undefined;
  let count = 0;
  const server = createServer((asked, answer) => {
    const passed = ask({ host: '127.0.0.1', port: to, method: asked.method, path: asked.url, headers: asked.headers }, (given) => {
      const chunks: Buffer[] = [];
      given.on('data', (chunk: Buffer) => chunks.push(chunk));
      given.on('error', () => answer.destroy());
      given.on('end', () => {
        const bytes = Buffer.concat(chunks);
        const hit = damage !== undefined && asked.method === 'GET' && given.statusCode === 200 && bytes.length > 0 && damage.hits(asked.url ?? '');
        const body = hit && damage !== undefined ? damaged(bytes, damage.how) : bytes;
        if (hit) count += 1;
        const headers = { ...given.headers };
        delete headers['transfer-encoding'];
        answer.writeHead(given.statusCode ?? 502, asked.method === 'HEAD' ? headers : { ...headers, 'content-length': String(body.length) }).end(body);
      });
    });
    passed.on('error', () => answer.destroy());
    asked.on('error', () => passed.destroy());
    asked.pipe(passed);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    set: (next) => void (damage = next),
    count: () => count,
    close: () => new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    }),
  };
}
