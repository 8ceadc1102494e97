import assert from 'node:assert/strict';
import { createConnection, createServer, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { faultAt, NO_FAULT, ruleOf, type Fault } from './fault.ts';
import { breakOff, openProxy } from './proxy.ts';
import { until } from '../testing.ts';

type Client = { readonly socket: Socket; readonly said: () => string; readonly end: Promise<string> };
/** A server that says each word again, and what it has heard. */
async function echo(t: TestContext) {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      heard.push(chunk.toString());
      socket.write(chunk);
    });
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const proxy = await openProxy({ port: 0, to: typeof address === 'object' && address !== null ? address.port : 0 });
  t.after(() => proxy.close());
  function connect(): Client {
    const socket = createConnection({ host: '127.0.0.1', port: proxy.port });
    let said = '';
    socket.on('data', (chunk: Buffer) => (said += chunk.toString()));
    t.after(() => socket.destroy());
    const end = new Promise<string>((resolve) => {
      socket.once('error', (error) => resolve(Reflect.get(error, 'code') as string));
      socket.once('end', () => resolve('end'));
    });
    return { socket, said: () => said, end };
  }
  const says = (client: Client, word: string): Promise<true> => until(`'${word}'`, () => (client.said().includes(word) ? true : undefined));
  const hears = (word: string): Promise<true> => until(`the server heard '${word}'`, () => (heard.join('').includes(word) ? true : undefined));
  async function greeted(): Promise<Client> {
    const client = connect();
    client.socket.write('hello');
    await says(client, 'hello');
    return client;
  }
  return { proxy, connect, greeted, says, hears, heard: () => heard.join('') };
}

test('whole: words go both ways, an end is passed on', async (t) => {
  const { proxy, greeted } = await echo(t);
  const client = await greeted();
  client.socket.end();
  assert.equal(await client.end, 'end');
  await until('nothing stands', () => (proxy.open() === 0 ? true : undefined));
  assert.deepEqual(proxy.counts(), { accepted: 1, toServer: 5, toClient: 5 });
});
test('latency: words arrive later, in their order; without it at once again', async (t) => {
  const { proxy, greeted, says } = await echo(t);
  const client = await greeted();
  await proxy.set({ kind: 'latency', delayMs: 60 });
  const started = performance.now();
  for (const word of ['one ', 'two ', 'three ']) client.socket.write(word);
  await proxy.set({ kind: 'latency', delayMs: 60 });
  await says(client, 'three');
  assert.ok(performance.now() - started >= 115, 'both ways are slow');
  await proxy.set(NO_FAULT);
  client.socket.write('four');
  await says(client, 'four');
  assert.equal(client.said(), 'helloone two three four');
});
test('cut: connections are reset and new ones refused; afterwards new ones pass', async (t) => {
  const { proxy, greeted, connect } = await echo(t);
  const client = await greeted();
  await proxy.set({ kind: 'cut' });
  assert.equal(await client.end, 'ECONNRESET');
  assert.equal(await connect().end, 'ECONNREFUSED');
  await proxy.set(NO_FAULT);
  await greeted();
});
test('half-open: what is asked arrives, on old and new connections, and no answer comes; at the end they are reset', async (t) => {
  const { proxy, greeted, connect, hears } = await echo(t);
  const old = await greeted();
  await proxy.set({ kind: 'half-open' });
  const young = connect();
  old.socket.write('from the old');
  young.socket.write('from the young');
  await hears('from the old');
  await hears('from the young');
  assert.deepEqual([old.said(), young.said()], ['hello', '']);
  await proxy.set(NO_FAULT);
  assert.deepEqual([await old.end, await young.end], ['ECONNRESET', 'ECONNRESET']);
  assert.deepEqual([old.said(), young.said()], ['hello', '']);
  await greeted();
});
test('black hole: nothing arrives either way and nothing is closed; afterwards it is delivered', async (t) => {
  const { proxy, greeted, connect, says, heard, hears } = await echo(t);
  const old = await greeted();
  await proxy.set({ kind: 'black hole' });
  const young = connect();
  old.socket.write('patience');
  young.socket.write('virtue');
  await until('both stand', () => (proxy.open() === 2 ? true : undefined));
  assert.equal(heard(), 'hello');
  await proxy.set(NO_FAULT);
  await Promise.all([says(old, 'patience'), says(young, 'virtue'), hears('virtue')]);
});
test('black hole: what was sent by somebody who has left arrives late, as a packet does', async (t) => {
  const { proxy, greeted, hears, heard } = await echo(t);
  const client = await greeted();
  await proxy.set({ kind: 'black hole' });
  client.socket.end('late');
  assert.equal(heard(), 'hello');
  await proxy.set(NO_FAULT);
  await hears('late');
});
test('lost connections: those that stand hear nothing any more, new ones pass; at the end the old are reset', async (t) => {
  const { proxy, greeted, heard } = await echo(t);
  const old = await greeted();
  await proxy.set({ kind: 'lost connections' });
  old.socket.write('nobody hears this');
  await greeted();
  assert.equal(heard(), 'hellohello');
  await proxy.set(NO_FAULT);
  assert.equal(await old.end, 'ECONNRESET');
});
test('flap: cut, whole, cut, whole', async (t) => {
  const { proxy, connect } = await echo(t);
  await proxy.set({ kind: 'flap', everyMs: 30 });
  const met = new Set<string>();
  await until('both', async () => {
    const client = connect();
    const how = await Promise.race([client.end, new Promise<string>((resolve) => client.socket.once('connect', () => resolve('connected')))]);
    met.add(how);
    return met.has('connected') && met.has('ECONNREFUSED') ? true : undefined;
  });
  await proxy.set(NO_FAULT);
});
test('a large answer passes whole through every fault that keeps connections', async (t) => {
  const { proxy, greeted } = await echo(t);
  const client = await greeted();
  const faults: Fault[] = [{ kind: 'latency', delayMs: 5 }, { kind: 'black hole' }, NO_FAULT, { kind: 'latency', delayMs: 20 }, NO_FAULT];
  const words = Array.from({ length: 40_000 }, (_, i) => `word ${i}\n`).join('');
  client.socket.write(words);
  for (const fault of faults) {
    await proxy.set(fault);
    const before = client.said().length;
    if (fault.kind !== 'black hole') await until('more of it', () => (client.said().length > before || client.said().length === words.length + 5 ? true : undefined));
  }
  await until('all of it', () => (client.said().length === words.length + 5 ? true : undefined));
  assert.equal(client.said(), `hello${words}`);
});

test('a connection whose end is under way is broken off without an error: a reset would be refused, and this process would never end', async (t) => {
  const server = createServer((socket) => socket.on('error', () => undefined));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  const socket = createConnection({ host: '127.0.0.1', port: typeof address === 'object' && address !== null ? address.port : 0, allowHalfOpen: true });
  const errors: Error[] = [];
  socket.on('error', (error) => errors.push(error));
  await new Promise<void>((resolve) => socket.once('connect', () => {
    socket.once('close', () => resolve());
    socket.end();
    breakOff(socket);
  }));
  assert.deepEqual([socket.writableEnded, errors], [true, []]);
});
test('what each fault means', () => {
  assert.deepEqual(ruleOf(NO_FAULT), { accepts: true, resets: false, toServer: 'passes', toClient: 'passes', delayMs: 0, appliesTo: 'all', afterwards: 'go on' });
  assert.equal(ruleOf({ kind: 'latency', delayMs: 7 }).delayMs, 7);
  assert.deepEqual([ruleOf({ kind: 'cut' }).accepts, ruleOf({ kind: 'cut' }).resets], [false, true]);
  assert.deepEqual([ruleOf({ kind: 'half-open' }).toServer, ruleOf({ kind: 'half-open' }).toClient, ruleOf({ kind: 'half-open' }).afterwards], ['passes', 'held', 'reset']);
  assert.deepEqual([ruleOf({ kind: 'black hole' }).toServer, ruleOf({ kind: 'black hole' }).toClient, ruleOf({ kind: 'black hole' }).afterwards], ['held', 'held', 'go on']);
  const flap: Fault = { kind: 'flap', everyMs: 100 };
  assert.deepEqual([0, 99, 100, 199, 200].map((ms) => faultAt(flap, ms).kind), ['flap', 'flap', 'none', 'none', 'flap']);
  assert.deepEqual(faultAt({ kind: 'cut' }, 100), { kind: 'cut' });
});
