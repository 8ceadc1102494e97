// The threads of a batch process against one hand in this thread.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sha256 } from '../../consumers/sha256.ts';
import { LoopError } from '../../schemas/failure.ts';
import { readManifest, weightsUriOf } from '../../schemas/load.ts';
import { closeAtEnd } from '../../stack/testing.ts';
import { tinyModel } from '../tiny.testing.ts';
import { openCrew } from './crew.ts';
import { createCutter, type Block } from './cut.ts';
import { bytesIn, createHand, type Checking, type Model, type ScoredBlock, type Wire } from './hand.ts';
import { headerOf } from './rows.ts';

const { objects, promoted } = tinyModel(7, 1);
const found = (uri: string): Buffer => objects.get(uri) ?? assert.fail(uri);
const manifest = readManifest(promoted.manifest_uri, found(promoted.manifest_uri), promoted.manifest_sha256, sha256);
const model: Model = { jobId: 'a-job', inputUri: 's3://dataset/in.csv', modelName: 'tiny', modelVersion: 'v7', auditRate: 0, saidAtMs: 500, manifest, weights: found(weightsUriOf(promoted.manifest_uri, manifest)) };
const wire: Wire = { predictionsId: 3, feedbackId: 4, widths: new Map([['predictions', 3], ['feedback', 3]]) };
const header = ['product_description', 'HUMAN_VERIFIED_Category'];
const checking: Checking = { columns: headerOf({ cells: header, raw: '' }), header, known: new Set(manifest.categories) };

function blocksOf(text: string, rooms: () => Uint8Array | undefined = () => undefined): Block[] {
  const cutter = createCutter({ bytes: 300, rows: 20 }, rooms);
  return [...cutter.push(Buffer.from(text)), ...cutter.end()];
}
const rowsOf = (count: number, label: string): string => `${header.join(',')}\n${Array.from({ length: count }, (_, i) => `"thing, ${i} é",${i % 3 === 0 ? label : ''}\n`).join('')}`;

test('several threads come to what one hand comes to, while the memory of blocks goes round', async (t) => {
  const crew = openCrew(2);
  closeAtEnd(t, async () => crew.close());
  const hand = createHand();
  hand.checkBy(checking);
  hand.scoreBy(model, wire);
  crew.checkBy(checking);
  await crew.scoreBy(model, wire);
  const text = rowsOf(500, manifest.categories[0] ?? '');
  for (let round = 0; round < 3; round += 1) {
    const wanted = blocksOf(text).map((block) => ({ census: hand.check(block), scored: hand.score(block, 1000) }));
    assert.deepEqual(await Promise.all(blocksOf(text, crew.room).map((block) => crew.check(block))), wanted.map(({ census }) => census));
    const scored = await Promise.all(blocksOf(text, crew.room).map((block) => crew.score(block, 1000)));
    const plain = ({ lines, subset, setAside, batches, rows, bad, pairs }: ScoredBlock): unknown => [rows, bad, pairs, ...[lines, subset, setAside].map((one) => one && Buffer.from(one).toString()), batches.map(({ bytes, ...rest }) => ({ ...rest, bytes: Buffer.from(bytes).toString('hex') }))];
    assert.deepEqual(scored.map(plain), wanted.map((one) => plain(one.scored)));
    crew.giveBack(scored.flatMap(bytesIn));
  }
});
test('what a thread refuses is refused here in the same words; the others go on', async (t) => {
  const crew = openCrew(2);
  closeAtEnd(t, async () => crew.close());
  crew.checkBy(checking);
  const [bad = assert.fail()] = blocksOf(`${header.join(',')}\na,b"c\n`);
  await assert.rejects(crew.check(bad), (error) => error instanceof LoopError && error.code === 'bad_csv' && /row 2, column 2/.test(error.message));
  const [good = assert.fail()] = blocksOf(rowsOf(3, ''));
  assert.deepEqual(await crew.check(good), { rows: 3, bad: 0, first: [] });
  await assert.rejects(crew.scoreBy({ ...model, weights: new Uint8Array(3) }, wire), (error) => error instanceof LoopError && error.kind === 'poison' && error.code === 'checksum');
});
test('a crew that has ended fails what is asked of it as something to try again', async () => {
  const crew = openCrew(1);
  crew.checkBy(checking);
  const [block = assert.fail()] = blocksOf(rowsOf(3, ''));
  const asked = crew.check(block);
  crew.close();
  await assert.rejects(asked, { code: 'child_ended', kind: 'transient' });
});
