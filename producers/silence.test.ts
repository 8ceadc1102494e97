import assert from 'node:assert/strict';
import { createConnection, createServer } from 'node:net';
import http from 'node:http';
import { test, type TestContext } from 'node:test';
import { NO_FAULT } from '../stack/faults/fault.ts';
import { openProxy } from '../stack/faults/proxy.ts';
import { closeAtEnd, until } from '../stack/testing.ts';
import { heardAgent, heardFrom } from './heardFrom.ts';
import { asked, limitMs, looked, SUSPECT_MS, type Moved, type Waiting } from './silence.ts';

const SILENT_MS = 10;
type Act = { readonly at: number; readonly moved?: Partial<Moved>; readonly asks?: boolean; readonly lateMs?: number };
/** When the connection is given up, or undefined. */
function givenUpAt(acts: readonly Act[]): number | undefined {
  let waiting: Waiting | undefined;
  let moved: Moved = { received: 0, sent: 0, backlog: 0 };
  for (const act of acts) {
    moved = { ...moved, ...act.moved };
    if (act.asks) waiting = asked(waiting, moved, act.at);
    const next = looked(waiting, moved, { nowMs: act.at, lateMs: act.lateMs ?? 0, silentMs: SILENT_MS });
    if (next.isGivenUp) return act.at;
    waiting = next.waiting;
  }
  return undefined;
}
const TABLE: [name: string, acts: Act[], givenUp: number | undefined][] = [
  ['nothing was asked', [{ at: 0 }, { at: 1000 }], undefined],
  ['answered', [{ at: 0, asks: true }, { at: 9, moved: { received: 1 } }, { at: 50 }], undefined],
  ['not answered', [{ at: 0, asks: true }, { at: 10 }, { at: 11 }], 11],
  ['an answer was heard before the question', [{ at: 0, moved: { received: 7 } }, { at: 1, asks: true }, { at: 20 }], 20],
  ['who asks again does not wait longer', [{ at: 0, asks: true }, { at: 5, asks: true }, { at: 11, asks: true }], 11],
  ['part of an answer begins the wait anew only with the next question', [{ at: 0, asks: true }, { at: 8, moved: { received: 1 } }, { at: 30 }, { at: 31, asks: true }, { at: 42 }], 42],
  ['a long upload moves', [{ at: 0, asks: true, moved: { backlog: 9 } }, { at: 8, moved: { sent: 1 } }, { at: 16, moved: { sent: 2 } }, { at: 24, moved: { sent: 3 } }], undefined],
  ['a long upload that stands still', [{ at: 0, asks: true, moved: { backlog: 9 } }, { at: 8, moved: { sent: 1 } }, { at: 20 }], 20],
  ['small questions to nobody move into the system, not to the peer', [{ at: 0, asks: true, moved: { sent: 1 } }, { at: 6, asks: true, moved: { sent: 2 } }, { at: 12, asks: true, moved: { sent: 3 } }], 12],
  ['after a suspension the answer may be there already', [{ at: 0, asks: true }, { at: 500, lateMs: 499 }, { at: 505, moved: { received: 1 } }], undefined],
  ['after a suspension, and still none', [{ at: 0, asks: true }, { at: 500, lateMs: 499 }, { at: 511 }], 511],
];
for (const [name, acts, at] of TABLE) test(`silence: ${name}`, () => assert.equal(givenUpAt(acts), at));

test('once one connection to a peer was given up, the others are trusted again only when they have been heard', () => {
  assert.equal(limitMs(5, undefined, 20_000), 20_000);
  assert.equal(limitMs(5, 6, 20_000), SUSPECT_MS);
  assert.equal(limitMs(7, 6, 20_000), 20_000);
  assert.equal(limitMs(5, 6, 10), 10);
});
async function behindProxy(t: TestContext, serve: http.RequestListener) {
  const server = http.createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAtEnd(t, () => server.close());
  const address = server.address();
  const proxy = await openProxy({ port: 0, to: typeof address === 'object' && address !== null ? address.port : 0 });
  closeAtEnd(t, () => proxy.close());
  return proxy;
}
const FAST_MS = 400;
test('a request over a lost connection fails soon, and the next one goes over a new one', async (t) => {
  const proxy = await behindProxy(t, (_request, response) => void response.end('here'));
  const agent = heardAgent('the server', undefined, FAST_MS);
  closeAtEnd(t, () => agent.destroy());
  const ask = (): Promise<string> => new Promise((resolve, reject) => {
    http.get({ port: proxy.port, host: '127.0.0.1', agent }, (answer) => answer.on('data', (chunk: Buffer) => resolve(chunk.toString()))).on('error', reject);
  });
  assert.equal(await ask(), 'here');
  await proxy.set({ kind: 'lost connections' });
  await assert.rejects(ask(), /the server has not answered for \d{3} ms; the connection is given up/);
  assert.equal(await ask(), 'here');
  await proxy.set(NO_FAULT);
});
test('a large upload to a slow reader is left alone', async (t) => {
  let taken = 0;
  const server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      taken += chunk.length;
      socket.pause();
      setTimeout(() => socket.resume(), 10);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closeAtEnd(t, () => server.close());
  const address = server.address();
  const socket = heardFrom(createConnection({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0 }), 'the server', 2000);
  closeAtEnd(t, () => socket.destroy());
  const failures: Error[] = [];
  socket.on('error', (error) => failures.push(error));
  const bytes = 24 * 2 ** 20;
  socket.write(Buffer.alloc(bytes));
  await until('most of it has been taken', () => (taken === bytes ? true : undefined));
  assert.deepEqual(failures, []);
});
