// A dataset on the real servers: what it holds, that its bytes are kept, that it can be made again, and that it says why when it cannot.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../consumers/objects.ts';
import type { Example } from '../../schemas/events.ts';
import { openBench } from '../../stack/testing.ts';
import { loadDataset, type DatasetManifest, type Plan } from './dataset.ts';
import { readDataset } from './datasetFile.ts';
import { rebuild } from './rebuild.ts';
import { own } from '../tiny.testing.ts';

test('corpus, files and labels to a dataset: fetched again by hash, made again byte for byte, and the reason when a source has changed', async (t) => {
  const bench = await openBench(t);
  const mine = own(t, bench);
  const { model, artifacts, settings } = mine;
  const ports = { settings, registry: bench.registry, artifacts };
  const folder = `s3://dataset/train/${model}`;
  const base = `${folder}/base.csv`;
  await artifacts.write(base, 'product_description,Category\nBrine Pickles,Beverages\nBRINE  pickles,Dry Goods & Pantry Staples\nFizz Water,Beverages\nBad one,Toys\nMild Soap,Household & Personal Care\n');
  await artifacts.write(`${folder}/given.csv`, 'product_description,Category\nFizz Water,Specialty & Miscellaneous\nGiven Tea,Beverages\n');
  const example = (id: string, text: string, label: string, revision: number, labelled_at: number): Example => ({ prediction_id: `${model}-${id}`, model_name: model, model_version: 'v1', product_description: text, label, predicted: 'Beverages', revision, labelled_at, predicted_at: 1, source: 'test' });
  const say = (one: Example, gone = false): Promise<void> => bench.publisher.send([{ topic: 'examples', key: one.prediction_id, value: gone ? null : one }]);
  await say(example('a', 'Label Juice', 'Fresh & Perishable Items', 0, 100));
  await say(example('a', 'Label Juice', 'Beverages', 1, 200));
  await say(example('b', 'Withdrawn Salt', 'Beverages', 0, 150));
  await say(example('b', 'Withdrawn Salt', 'Beverages', 0, 150), true);
  await say({ ...example('c', 'Of another model', 'Beverages', 0, 160), model_name: `${model}-other` });
  const plan: Plan = { modelName: model, categories: settings.categories, base, files: [{ uri: `${folder}/given.csv`, saidAtMs: 120 }], badRows: 'refuse', maxCsvBytes: 1e6, champion: undefined, recencyWeight: 3, recencyHalfLifeMs: 80 };
  const made = await loadDataset('run-1', plan, ports);
  const said = new Map(made.rows.map((row) => [row.product_description, [row.category, row.source, row.weight]]));
  assert.deepEqual(said.get('BRINE  pickles'), ['Dry Goods & Pantry Staples', 'base', 1]);
  assert.deepEqual(said.get('Label Juice'), ['Beverages', 'label', 3]);
  // 80 ms older than the newest word: half of the extra weight.
  assert.deepEqual(said.get('Given Tea'), ['Beverages', 'given', 2]);
  assert.ok(!said.has('Withdrawn Salt') && !said.has('Of another model') && !said.has('Bad one'));
  assert.equal(made.counts.conflicts + made.counts.holdOutConflicts, 2);
  const bytes = await artifacts.read(made.path);
  assert.deepEqual([sha256(bytes), readDataset(bytes)], [made.hash, made.rows]);
  const manifest = JSON.parse((await artifacts.read(made.manifestUri)).toString()) as DatasetManifest;
  assert.deepEqual([manifest.files.map((file) => [file.uri, file.rows, file.refused]), manifest.labels], [[[base, 4, 1], [`${folder}/given.csv`, 2, 0]], 1]);
  assert.match(manifest.set_aside[0]?.first ?? '', /row 5, Category 'Toys'/);
  assert.equal(Object.values(manifest.per_category).reduce((sum, one) => sum + one.training + one.hold_out + one.evidence, 0), made.rows.length);

  // Later words do not change what the run saw, while the log still holds it.
  await say(example('a', 'Label Juice', 'Household & Personal Care', 2, 900));
  await say(example('d', 'Later Label', 'Beverages', 0, 950));
  assert.deepEqual(await rebuild(manifest, ports).then(({ same, reasons }) => ({ same, reasons })), { same: true, reasons: [] });
  // The next run of this champion keeps what was given to it, as no longer new.
  const next = await loadDataset('run-2', { ...plan, files: [], champion: { offsets: manifest.offsets, datasetPath: made.path } }, ports);
  assert.deepEqual(next.rows.filter((row) => row.source !== 'base').map((row) => [row.product_description, row.source, row.isRecent]).sort(), [['Fizz Water', 'given', false], ['Given Tea', 'given', false], ['Label Juice', 'label', true], ['Later Label', 'label', true]]);
  await artifacts.write(base, 'product_description,Category\nBrine Pickles,Beverages\n');
  const changed = await rebuild(manifest, ports);
  assert.equal(changed.same, false);
  assert.match(changed.reasons.join('; '), /base\.csv has changed since the run/);
});
