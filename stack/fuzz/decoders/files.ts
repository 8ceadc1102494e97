// CSV files: whole, in pieces and in blocks; datasets we wrote ourselves.
import { createCutter } from '../../../inference/batch/cut.ts';
import { createCount, headerOf } from '../../../inference/batch/rows.ts';
import { headIn, textBytesOf } from '../../../inference/batch/text.ts';
import { walk } from '../../../inference/batch/walk.ts';
import { readCsv, readRecords } from '../../../schemas/csv.ts';
import { createSplitter } from '../../../schemas/csvSplit.ts';
import { readDataset } from '../../../trainer/data/datasetFile.ts';
import { redactCsv } from '../../erase/redact.ts';
import { Broken, type Decoder } from '../run.ts';

const WORDS = ['"', '""', ',', '\n', '\r\n', '\r', '\ufeff', 'product_description', 'Category', 'HUMAN_VERIFIED_Category', 'prediction_id', 'Beverages', '\u0000', 'é', '😀', 'nan'];
const CATEGORIES = ['Beverages', 'Toys'];
/** Small, so that ends fall everywhere; not for long files, of which no reader gives so many pieces. */
const chunkOf = (length: number): number => Math.max(7, Math.ceil(length / 200));
const decoder = new TextDecoder();

function inPieces(bytes: Uint8Array): unknown {
  const splitter = createSplitter(10_000);
  const text = decoder.decode(bytes);
  const records = [];
  const chunk = chunkOf(text.length);
  for (let at = 0; at < text.length; at += chunk) records.push(...splitter.push(text.slice(at, at + chunk)));
  return [...records, ...splitter.end()];
}
function inBlocks(bytes: Uint8Array): unknown {
  const cutter = createCutter({ bytes: 64, rows: 3 });
  const blocks = [];
  const chunk = chunkOf(bytes.length);
  for (let at = 0; at < bytes.length; at += chunk) blocks.push(...cutter.push(bytes.subarray(at, at + chunk)));
  blocks.push(...cutter.end());
  const head = blocks[0] === undefined ? undefined : headIn(blocks[0]);
  if (head === undefined) return undefined;
  const columns = headerOf(head);
  return blocks.map((block) => {
    const counting = createCount(columns, new Set(CATEGORIES));
    walk(block, textBytesOf(block, head.cells), columns, counting);
    return counting.census();
  });
}
const FORGET = { texts: new Set(['tea', 'oat milk']), ids: new Set(['p1']), labelTexts: new Set(['water']) };
/** A file without some of its rows is a file that has none of them. */
function redacted(bytes: Uint8Array): unknown {
  const once = redactCsv(decoder.decode(bytes), FORGET);
  if (once !== undefined && redactCsv(once.text, FORGET) !== undefined) throw new Broken('what was to go is still there');
  return once;
}
export const FILE_DECODERS: readonly Decoder[] = [
  { name: 'csv', share: 60, tokens: WORDS, decode: (bytes) => readCsv(bytes, 'Category', CATEGORIES) },
  { name: 'csv-verified', share: 40, tokens: WORDS, decode: (bytes) => readCsv(bytes, 'HUMAN_VERIFIED_Category', CATEGORIES) },
  { name: 'csv-records', share: 20, tokens: WORDS, decode: readRecords },
  { name: 'csv-redacted', share: 20, tokens: [...WORDS, 'tea', 'Oat Milk', 'p1', 'source', 'label'], decode: redacted },
  { name: 'dataset', share: 20, tokens: [...WORDS, 'training', 'hold_out', 'base'], decode: readDataset },
  { name: 'csv-pieces', share: 60, tokens: WORDS, decode: inPieces },
  { name: 'csv-blocks', share: 50, tokens: WORDS, decode: inBlocks },
];
