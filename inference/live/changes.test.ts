import assert from 'node:assert/strict';
import { test } from 'node:test';
import { catchUp, changesOf, frameOf, HISTORY_EVERY_MS, NOTHING_TOLD, type Seen, type Told } from './changes.ts';

const TABLE: readonly { readonly name: string; readonly seen: Seen; readonly atMs: number; readonly tells: readonly string[] }[] = [
  { name: 'all of it the first time', seen: { live: '1', models: 'a', runs: 'x', counted: '5' }, atMs: 0, tells: ['live 1', 'models a', 'runs x', 'history {"changed_at_ms":0}'] },
  { name: 'nothing when nothing has changed', seen: { live: '1', models: 'a', runs: 'x', counted: '5' }, atMs: 1000, tells: [] },
  { name: 'what has changed', seen: { live: '2', models: 'a', runs: 'y', counted: '5' }, atMs: 2000, tells: ['live 2', 'runs y'] },
  { name: 'the history when labels were counted', seen: { live: '2', models: 'a', runs: 'y', counted: '6' }, atMs: 3000, tells: ['history {"changed_at_ms":3000}'] },
  { name: 'but not at once again', seen: { live: '3', models: 'a', runs: 'y', counted: '7' }, atMs: 3000 + HISTORY_EVERY_MS - 1, tells: ['live 3'] },
  { name: 'then it is not forgotten', seen: { live: '3', models: 'a', runs: 'y', counted: '7' }, atMs: 3000 + HISTORY_EVERY_MS, tells: ['history {"changed_at_ms":5000}'] },
  { name: 'what cannot be asked now is no change', seen: {}, atMs: 6000, tells: [] },
  { name: 'and none when it is as it was', seen: { live: '3', models: 'b', runs: 'y', counted: '7' }, atMs: 7000, tells: ['models b'] },
];
test('only what has changed is told', async (t) => {
  let told: Told = NOTHING_TOLD;
  for (const { name, seen, atMs, tells } of TABLE) {
    await t.test(name, () => {
      const changed = changesOf(told, seen, atMs);
      assert.deepEqual(changed.events.map(({ event, data }) => `${event} ${data}`), tells);
      ({ told } = changed);
    });
  }
  assert.deepEqual(catchUp(told).map(({ event, data }) => `${event} ${data}`), ['live 3', 'models b', 'runs y', 'history {"changed_at_ms":5000}']);
  assert.deepEqual(catchUp(NOTHING_TOLD), []);
  assert.equal(frameOf({ event: 'live', data: '{}' }), 'event: live\ndata: {}\n\n');
});
