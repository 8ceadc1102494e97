// What a training learns from: the corpus in S3 and the current labelled set (`examples`) up to recorded offsets.
import { readToEnd } from '../consumers/readToEnd.ts';
import { readCsv, writeTrainingCsv } from '../schemas/csv.ts';
import type { Example } from '../schemas/events.ts';
import { poison } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import type { Settings } from '../schemas/settings.ts';
import { sha256 } from '../consumers/objects.ts';
import type { Artifacts } from './artifacts.ts';
import type { BaseRow, LabelledRow } from './split.ts';

/** `<topic>-<partition>` → next offset. */
export type Offsets = Readonly<Record<string, number>>;
export type Dataset = {
  readonly base: readonly BaseRow[]; readonly labelled: readonly LabelledRow[]; readonly categories: readonly string[]; readonly offsets: Offsets;
  readonly hash: string; readonly path: string; readonly setAside: { readonly file: string; readonly count: number; readonly first: string }[];
};

/** corpora: s3 addresses of CSV files, the first is the base corpus. championOffsets: what the champion had seen; labelled rows beyond are recent. Throws poison naming the object or column. */
export async function loadDataset({ settings, registry, artifacts, corpora, championOffsets }: { settings: Settings; registry: Registry; artifacts: Artifacts; corpora: readonly string[]; championOffsets: Offsets | undefined }): Promise<Dataset> {
  const base: BaseRow[] = [];
  const setAside: { file: string; count: number; first: string }[] = [];
  for (const file of corpora) {
    const { rows, refused } = readCsv(await artifacts.read(file), 'Category', settings.categories);
    for (const { product_description, category } of rows) base.push({ product_description, category });
    const [first] = refused;
    if (first !== undefined) setAside.push({ file, count: refused.length, first: `row ${first.row}: ${first.field} ${first.reason}` });
  }
  if (base.length === 0) throw poison('empty_corpus', `${corpora.join(', ')} holds no usable row${setAside[0] ? ` (${setAside[0].first})` : ''}`);

  const current = new Map<string, { example: Example; isRecent: boolean; order: number }>();
  let order = 0;
  const ends = await readToEnd({
    settings, clientId: 'trainer-dataset', topics: ['examples'],
    onRecord: async (record) => {
      const id = record.key?.toString() ?? '';
      if (record.value === null) return void current.delete(id);
      const example = await registry.decode('examples', record.value);
      const seen = championOffsets?.[`examples-${record.partition}`] ?? 0;
      current.set(id, { example, isRecent: record.offset >= BigInt(seen), order: (order += 1) });
    },
  });
  const known = new Set(settings.categories);
  // Offsets interleave partitions differently from run to run; time and id do not.
  const labelled = [...current.values()]
    .filter(({ example }) => example.model_name === settings.modelName && known.has(example.label))
    .sort((a, b) => a.example.labelled_at - b.example.labelled_at || (a.example.prediction_id < b.example.prediction_id ? -1 : 1))
    .map(({ example, isRecent }): LabelledRow => ({ product_description: example.product_description, category: example.label, isRecent }));
  const offsets = Object.fromEntries([...ends].map(([key, end]) => [key, Number(end)]));
  const csv = writeTrainingCsv([...base, ...labelled]);
  const hash = sha256(csv);
  const path = `s3://dataset/auto/${hash}/rows.csv`;
  await artifacts.write(path, csv);
  await artifacts.write(path.replace('rows.csv', 'manifest.json'), JSON.stringify({ hash, corpora, offsets, base_rows: base.length, labelled_rows: labelled.length, set_aside: setAside }, null, 2));
  const present = new Set([...base, ...labelled].map((row) => row.category));
  return { base, labelled, categories: settings.categories.filter((category) => present.has(category)), offsets, hash, path, setAside };
}
