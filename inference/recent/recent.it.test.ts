// The read model on the real topics: built from what stands there, kept up to date, and from the newest offsets only.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { silent } from '../../producers/kafka.ts';
import type { Labelled } from '../../schemas/events.ts';
import { aPrediction, closeAtEnd, openBench, until } from '../../stack/testing.ts';
import type { View } from './held.ts';
import { openRecent } from './reader.ts';

const aLabel = (id: string, revision: number, label: string | null): Labelled => ({ prediction_id: id, model_name: 'grocery', model_version: 'v1', revision, predicted: 'Beverages', label, previous_label: null, labelled_at: 0, previous_labelled_at: null, predicted_at: Date.now(), audit: false, source: 'test' });

test('what stood before and what comes later is found, with its labels; a second reader with little room holds the newest only', async (t) => {
  const bench = await openBench(t);
  const mark = randomUUID().slice(0, 8);
  const ids = Array.from({ length: 300 }, (_, i) => `${mark}-${i}`);
  const put = (id: string): Promise<void> => bench.publisher.send([{ topic: 'predictions', key: id, value: aPrediction(id, 'v1') }]);
  for (let i = 0; i < ids.length; i += 50) await bench.publisher.send(ids.slice(i, i + 50).map((id) => ({ topic: 'predictions' as const, key: id, value: aPrediction(id, 'v1') })));
  const label = (id: string, revision: number, text: string | null): Promise<void> => bench.publisher.send([{ topic: 'labelled', key: 'grocery', value: aLabel(id, revision, text) }]);
  const first = `${mark}-0`;
  await label(first, 0, 'Beverages');

  const recent = openRecent(bench.settings, silent);
  closeAtEnd(t, () => recent.stop());
  const find = async (id: string, reader = recent): Promise<View | undefined> => {
    const answer = await reader.ask({ kind: 'find', id });
    return answer.status === 'found' ? answer.prediction : undefined;
  };
  const caughtUp = (reader = recent): Promise<true> => until('the read model has caught up', () => (reader.stage() === 'caught up' ? true : undefined));
  await caughtUp();
  const standing = await find(first);
  assert.deepEqual([standing?.product_description, standing?.status, standing?.label, standing?.probabilities.length], [`text of ${first}`, 'labelled', 'Beverages', 2]);
  assert.equal(await find(`${mark}-none`), undefined);

  // A question about one that was acknowledged a moment ago waits for it.
  const fresh = `${mark}-fresh`;
  await put(fresh);
  assert.equal((await find(fresh))?.status, 'unlabelled');
  await label(first, 1, null);
  await until('the withdrawal is told', async () => ((await find(first))?.status === 'withdrawn' ? true : undefined));

  const small = openRecent({ ...bench.settings, recentPredictions: 60 }, silent);
  closeAtEnd(t, () => small.stop());
  await caughtUp(small);
  const size = await small.ask({ kind: 'size' });
  assert.ok(size.status === 'size' && size.predictions <= 60 && size.predictions > 40, JSON.stringify(size));
  assert.equal((await find(fresh, small))?.prediction_id, fresh);
  const gone = await small.ask({ kind: 'find', id: first });
  assert.ok(gone.status === 'absent' && gone.heldSince !== undefined, JSON.stringify(gone));
});
