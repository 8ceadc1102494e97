// Those who mean ill, by raw sockets at the serving instance: each gets a clear refusal or is hung up on, memory stays bounded, and others are served all the while.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openContext } from '../../stack/context.ts';
import { runningPid } from '../../stack/pids.ts';

const MB = 1_000_000;
const rssOf = (pid: number): number => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
const SLOW = 500;
const SLOW_BODIES = 50;
const AT_ONCE = 20;

test('slow clients, huge and broken bodies, floods of headers: refused or hung up on, memory bounded, others served', async (t) => {
  const { settings, paths, secrets } = openContext(process.env, { create: false });
  const port = settings.inferencePort;
  const pid = runningPid(paths.run, 'inference');
  assert.ok(pid !== undefined);
  const sockets = new Set<Socket>();
  let serving = true;
  t.after(() => {
    serving = false;
    for (const socket of sockets) socket.destroy();
  });
  /** `answered`: what was heard when an answer's body began or the other side hung up; `ended`: all of it. With `drip`, so much more is sent every second. */
  function speak(bytes: string | Buffer, drip?: string): { readonly answered: Promise<string>; readonly ended: Promise<string> } {
    const socket = connect(port, '127.0.0.1');
    sockets.add(socket);
    let heard = '';
    const dripping = drip === undefined ? undefined : setInterval(() => socket.writable && socket.write(drip), 1000);
    const ended = new Promise<string>((resolve) => {
      socket.on('connect', () => socket.write(bytes)).on('error', () => undefined).on('close', () => {
        clearInterval(dripping);
        sockets.delete(socket);
        resolve(heard);
      });
    });
    const answered = new Promise<string>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        heard += chunk.toString('latin1');
        if (heard.includes('\r\n\r\n{')) resolve(heard);
      });
      void ended.then(resolve);
    });
    return { answered, ended };
  }
  const post = (body: Buffer | string, more = '', length = Buffer.byteLength(body)): Buffer =>
    Buffer.concat([Buffer.from(`POST /v1/predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer ${secrets.tokens.predict}\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n\r\n`), Buffer.from(body)]);
  const chunked = (chunk: string, times: number): string => `POST /v1/predict HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${secrets.tokens.predict}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${`${chunk.length.toString(16)}\r\n${chunk}\r\n`.repeat(times)}`;
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  const items = (one: string, count: number): string => `{"items": [${Array.from({ length: count }, () => one).join(',')}]}`;

  const served: { status: number; ms: number }[] = [];
  const before = rssOf(pid);
  let peak = before;
  const others = (async () => {
    for (let i = 0; serving; i += 1) {
      const began = performance.now();
      const answer = await fetch(`http://127.0.0.1:${port}/v1/predict`, { method: 'POST', headers: { authorization: `Bearer ${secrets.tokens.predict}`, 'content-type': 'application/json' }, body: JSON.stringify({ product_description: `Kestrel Sparkling Water Lemon ${i}` }) });
      await answer.arrayBuffer();
      served.push({ status: answer.status, ms: performance.now() - began });
      peak = Math.max(peak, rssOf(pid));
      await pause(10);
    }
  })();

  // They speak a header or a byte of the body a second and never end.
  const slow = Array.from({ length: SLOW }, () => speak('GET /health/live HTTP/1.1\r\nhost: x\r\n', 'x-y: z\r\n'));
  const slowBodies = Array.from({ length: SLOW_BODIES }, () => speak(post('{', '', 1000), ' '));
  const TABLE: { name: string; bytes: () => string | Buffer; says: RegExp }[] = [
    { name: '10 MB that are announced', bytes: () => post(Buffer.alloc(100_000, 0x20), '', 10 * MB), says: /^HTTP\/1\.1 413 .*the body is larger than 1000000 bytes/s },
    // Who still writes when the connection is closed may lose the answer with it.
    { name: '10 MB in chunks, never announced', bytes: () => chunked(' '.repeat(65_536), 160), says: /^$|^HTTP\/1\.1 413 .*the body is larger than/s },
    { name: '10 MB without a token', bytes: () => post(Buffer.alloc(100_000, 0x20), '', 10 * MB).toString('latin1').replace(/authorization:[^\r]*\r\n/, ''), says: /^HTTP\/1\.1 401 /s },
    { name: '100,000 items', bytes: () => post(items('{}', 100_000)), says: /^HTTP\/1\.1 400 .*"field":"items"/s },
    { name: '100,000 texts', bytes: () => post(items('{"product_description": "x"}', 100_000)), says: /^$|^HTTP\/1\.1 413 /s },
    { name: 'JSON of depth 400,000', bytes: () => post(`{"product_description": ${nested(400_000)}}`), says: /^HTTP\/1\.1 400 .*nests deeper than 32 levels/s },
    { name: 'a depth of 400,000 under a name nobody reads', bytes: () => post(`{"product_description": "x", "z": ${nested(400_000)}}`), says: /^HTTP\/1\.1 400 .*nests deeper than 32 levels/s },
    { name: 'bytes that are no UTF-8', bytes: () => post(Buffer.concat([Buffer.from('{"product_description": "'), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')])), says: /^HTTP\/1\.1 400 .*not UTF-8/s },
    { name: 'headers of 64 KB', bytes: () => `GET /health/live HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 64 }, (_, i) => `x-${i}: ${'y'.repeat(1000)}\r\n`).join('')}\r\n`, says: /^HTTP\/1\.1 431 .*headers are larger/s },
    { name: '10,000 headers', bytes: () => `GET /health/live HTTP/1.1\r\nhost: x\r\n${Array.from({ length: 10_000 }, (_, i) => `x${i}: y\r\n`).join('')}\r\n`, says: /^HTTP\/1\.1 431 /s },
    { name: 'an address of 100 KB', bytes: () => `GET /${'x'.repeat(100_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, says: /^HTTP\/1\.1 431 /s },
    { name: 'two lengths', bytes: () => post('{}', 'content-length: 4\r\n'), says: /^HTTP\/1\.1 400 .*not HTTP\/1\.1/s },
    { name: 'a length and chunks', bytes: () => post('{}', 'transfer-encoding: chunked\r\n'), says: /^HTTP\/1\.1 400 /s },
    { name: 'no HTTP at all', bytes: () => Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x0d, 0x0a]), says: /^HTTP\/1\.1 400 /s },
  ];
  for (const { name, bytes, says } of TABLE) {
    const heard = await Promise.all(Array.from({ length: AT_ONCE }, () => speak(bytes()).answered));
    for (const answer of heard) assert.match(answer.slice(0, 3000), says, name);
    assert.ok(heard.every((answer) => answer === '' || /content-type: application\/problem\+json/i.test(answer)), name);
  }
  const hungUp = await Promise.all([...slow, ...slowBodies].map(({ ended }) => ended));
  assert.ok(hungUp.every((heard) => /^HTTP\/1\.1 408 .*did not come in time/s.test(heard)), hungUp.find((heard) => !heard.startsWith('HTTP/1.1 408')) ?? '');
  serving = false;
  await others;
  assert.deepEqual(served.filter(({ status }) => status !== 200), []);
  assert.equal(runningPid(paths.run, 'inference'), pid);
  const slowest = Math.max(...served.map(({ ms }) => ms));
  console.log(`${SLOW} slow heads, ${SLOW_BODIES} slow bodies and ${TABLE.length} kinds of abuse, ${AT_ONCE} at once: RSS ${(before / MB).toFixed(0)} MB before, ${(peak / MB).toFixed(0)} MB at most; ${served.length} other requests answered, the slowest in ${slowest.toFixed(0)} ms`);
  assert.ok(peak - before < 250 * MB, `RSS grew by ${((peak - before) / MB).toFixed(0)} MB`);
});
