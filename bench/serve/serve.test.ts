import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import { test } from 'node:test';
import { askPaced } from './paced.ts';
import { parentIn, treeOf } from './tree.ts';

test('the parent of a process, whatever it is called', () => {
  assert.equal(parentIn('42 (node) S 7 42 42 0'), 7);
  assert.equal(parentIn('42 (a (b) c) d) R 9 42 42 0'), 9);
  assert.ok(treeOf(process.ppid).includes(process.pid));
});
test('a paced client counts from the moment a request was due: who stalls pays for all that was held up', async (t) => {
  const COUNT = 50;
  const held: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    held.push(response);
    // Nobody is answered before the last has asked; the seventh is refused.
    if (held.length === COUNT) held.forEach((one, i) => one.writeHead(i === 6 ? 503 : 200).end('{}'));
  });
  t.after(() => server.close());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const statuses: number[] = [];
  const { sent, delaysMs, failed } = await askPaced({ port, path: '/', headers: {}, body: (text) => text }, { perSecond: 500, seconds: COUNT / 500, connections: COUNT, texts: ['a', 'b'], onAnswer: (status) => statuses.push(status) });
  assert.deepEqual([sent, delaysMs.length, failed, statuses.length], [COUNT, COUNT - 1, 1, COUNT]);
  // The first was due 98 ms before the last.
  assert.ok(Math.max(...delaysMs) - Math.min(...delaysMs) >= 40, `${Math.max(...delaysMs)} ${Math.min(...delaysMs)}`);
});
