// What a flood of unknown schema ids costs the registry, and what is believed for how long.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaText } from './codec.ts';
import { kindOf, LoopError } from './failure.ts';
import { createRegistry } from './registry.ts';

const OURS = 7;
const frame = (id: number): Uint8Array => Uint8Array.of(0, 0, 0, id >> 8, id & 255, 1);
function open() {
  const asked: string[] = [];
  const world = { nowMs: 0, empty: false, known: new Set<number>(), versions: [OURS] };
  const registry = createRegistry('http://registry', (url, init) => {
    const path = String(url).slice('http://registry'.length);
    asked.push(path);
    const id = Number(/\/schemas\/ids\/(\d+)/.exec(path)?.[1]);
    if (init?.method === 'POST') return Promise.resolve(world.empty ? Response.json({ error_code: 40_401 }, { status: 404 }) : Response.json({ id: OURS }));
    const version = /\/versions(?:\/(\d+))?$/.exec(path);
    if (version !== null) return Promise.resolve(Response.json(version[1] === undefined ? world.versions.map((_, i) => i + 1) : { id: world.versions[Number(version[1]) - 1] }));
    return Promise.resolve(world.known.has(id) ? Response.json({ schema: schemaText('feedback') }) : Response.json({ error_code: 40_403 }, { status: 404 }));
  }, () => world.nowMs);
  const learn = (id: number): Promise<string> => registry.learn('feedback', frame(id)).then(() => 'known', (error: unknown) => (error instanceof LoopError ? `${kindOf(error)} ${error.code}` : 'broken'));
  return { asked, world, learn, known: (id: number) => registry.known('feedback', frame(id)) };
}

test('a flood that names one unknown schema costs one question, and one more after a while', async () => {
  const { asked, world, learn, known } = open();
  assert.equal(known(99), undefined);
  for (let i = 0; i < 1000; i += 1) assert.equal(await learn(99), 'poison unknown_schema');
  assert.deepEqual(asked, ['/schemas/ids/99', '/subjects/feedback-value']);
  assert.throws(() => known(99), /does not know schema id 99/);
  world.known.add(99);
  world.nowMs = 4999;
  assert.equal(await learn(99), 'poison unknown_schema');
  world.nowMs = 5000;
  assert.equal(known(99), undefined);
  assert.equal(await learn(99), 'known');
});
test('many unknown schemas: one question each, and one about ours for all', async () => {
  const { asked, learn } = open();
  for (let id = 50; id < 100; id += 1) assert.equal(await learn(id), 'poison unknown_schema');
  assert.equal(asked.length, 51);
});
test('a flood in which every record names another unknown schema: some questions, then one a second; a schema that is registered for the topic meanwhile is found', async () => {
  const { asked, world, learn } = open();
  for (let id = 1000; id < 3000; id += 1) assert.equal(await learn(id), 'poison unknown_schema');
  assert.deepEqual([asked.length, ...asked.slice(-2)], [53, '/subjects/feedback-value/versions', '/subjects/feedback-value/versions/1']);
  world.versions.push(3000);
  world.known.add(3000);
  world.nowMs = 1000;
  assert.equal(await learn(3000), 'known');
  assert.equal(asked.length, 56);
});
test('a registry that has lost our own schema is broken, not the record: nothing is believed then', async () => {
  const { world, learn } = open();
  assert.equal(await learn(98), 'poison unknown_schema');
  world.empty = true;
  world.nowMs = 250;
  for (let i = 0; i < 3; i += 1) assert.equal(await learn(99), 'transient registry_unavailable');
  world.empty = false;
  assert.equal(await learn(99), 'poison unknown_schema');
});
