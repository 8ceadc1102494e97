// What a training learns from: the base corpus, files people gave, and the current labelled set (`examples`) up to recorded offsets. Stored with a manifest that says how to make it again.
import { sha256 } from '../../consumers/objects.ts';
import { readToEnd } from '../../consumers/readToEnd.ts';
import { readCsv, refusalText, writeCsv, type CsvRead, type CsvRefusal } from '../../schemas/csv.ts';
import { LoopError, messageOf, poison } from '../../schemas/failure.ts';
import { normalise } from '../../schemas/features.ts';
import type { Example } from '../../schemas/events.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts } from '../record/artifacts.ts';
import { heardOf, type SourceRules } from './heard.ts';
import { countPerCategory, readDataset, writeDataset } from './datasetFile.ts';
import { datasetRows, type BaseRow, type Counts, type DatasetRow, type LabelledRow } from './split.ts';

/** `<topic>-<partition>` → next offset. */
export type Offsets = Readonly<Record<string, number>>;
/** refuse: a file with a bad row is refused whole. set_aside: bad rows are counted, listed beside the dataset, and left out. */
export type BadRows = 'refuse' | 'set_aside';
export type GivenFile = { readonly uri: string; /** when it was given, ms since 1970 */ readonly saidAtMs: number };
/** Everything a dataset is a function of, beside the contents of the objects and topics it names. */
export type Plan = {
  readonly modelName: string; readonly categories: readonly string[]; readonly base: string; readonly files: readonly GivenFile[]; readonly badRows: BadRows; readonly maxCsvBytes: number;
  /** What the champion had seen: later labels, and given rows that are not in its dataset, are recent. Rows that were given to it are kept. */
  readonly champion: { readonly offsets: Offsets; readonly datasetPath: string | null } | undefined;
  readonly recencyWeight: number; readonly recencyHalfLifeMs: number;
  /** Absent in older plans: every label was taken. */
  readonly sources?: SourceRules;
};
export type ReadFile = { readonly uri: string; readonly sha256: string; readonly rows: number; readonly refused: number };
export type SetAside = { readonly file: string; readonly count: number; readonly first: string };
/** Lies beside rows.csv, one per run: two runs may have the same rows. */
export type DatasetManifest = {
  readonly format: 1; readonly run_id: string; readonly hash: string; readonly path: string; readonly plan: Plan; readonly files: readonly ReadFile[]; readonly offsets: Offsets;
  readonly labels: number; /** labels that were not taken by the rules on sources; absent in older ones */ readonly labels_set_aside?: number; readonly counts: Counts; readonly per_category: ReturnType<typeof countPerCategory>; readonly hold_out_sha256: string; readonly set_aside: readonly SetAside[];
  /** rows were erased from the file since: it is no longer the one the run saw */ readonly redacted?: readonly { readonly at: string; readonly erasure_id: string; readonly rows: number; readonly sha256_before: string; readonly sha256_after: string }[];
};
export type Dataset = {
  readonly rows: readonly DatasetRow[]; readonly counts: Counts; readonly categories: readonly string[]; readonly offsets: Offsets;
  readonly hash: string; readonly path: string; readonly manifestUri: string; readonly setAside: readonly SetAside[];
};
export type Ports = { readonly settings: Settings; readonly registry: Registry; readonly artifacts: Pick<Artifacts, 'read' | 'write'> };
export type Gathered = {
  readonly rows: readonly DatasetRow[]; readonly counts: Counts; readonly csv: string; readonly files: readonly ReadFile[]; readonly refused: readonly { readonly uri: string; readonly refused: readonly CsvRefusal[] }[];
  readonly offsets: Offsets; readonly labels: number; /** ids that were corrected or withdrawn beyond `until`, and of which nothing below it is left */ readonly overwritten: number; /** by the rules on sources */ readonly labelsSetAside: number;
};
export const manifestUriOf = (path: string, runId: string): string => path.replace(/[^/]+$/, `manifest-${runId}.json`);

/** Reads everything the plan names. until: labels at or beyond these offsets are not taken. Throws poison naming the object, row or column. */
export async function gather(plan: Plan, { settings, registry, artifacts }: Ports, until?: Offsets): Promise<Gathered> {
  const files: ReadFile[] = [];
  const refused: { uri: string; refused: readonly CsvRefusal[] }[] = [];
  async function open(uri: string, maxBytes?: number): Promise<CsvRead> {
    const bytes = await artifacts.read(uri, maxBytes);
    const read = namingFile(uri, () => readCsv(bytes, 'Category', plan.categories));
    files.push({ uri, sha256: sha256(bytes), rows: read.rows.length, refused: read.refused.length });
    if (read.refused.length > 0) refused.push({ uri, refused: read.refused });
    return read;
  }
  const base = await open(plan.base);
  if (base.rows.length === 0) throw poison('empty_corpus', `${plan.base} holds no usable row${base.refused.length > 0 ? ` (refused: ${refusalText(base.refused, base.refused.length)})` : ''}`);
  const before = plan.champion?.datasetPath == null ? undefined : await championRows(plan.champion.datasetPath, artifacts);
  const seen = new Set(before?.map((row) => normalise(row.product_description)));
  const kept = (before ?? []).filter((row) => row.source === 'given').map((row): LabelledRow => ({ product_description: row.product_description, category: row.category, source: 'given', atMs: row.atMs, isRecent: false }));
  const given: LabelledRow[] = [];
  for (const { uri, saidAtMs } of plan.files) {
    const read = await open(uri, plan.maxCsvBytes);
    if (plan.badRows === 'refuse' && read.refused.length > 0) throw poison('bad_rows', `${uri}: refused ${refusalText(read.refused, read.rows.length + read.refused.length)}. Mend them, or ask with on_bad_rows 'set_aside'`);
    if (read.rows.length === 0) throw poison('empty_file', `${uri}: row 2: there is no usable row under the header${read.refused.length > 0 ? ` (refused: ${refusalText(read.refused, read.refused.length)})` : ''}`);
    // The base corpus given once more says nothing new.
    if (files.at(-1)?.sha256 === files[0]?.sha256) continue;
    for (const { product_description, category } of read.rows) given.push({ product_description, category, source: 'given', atMs: saidAtMs, isRecent: !seen.has(normalise(product_description)) });
  }
  const labels = await readLabels(plan, { settings, registry }, until);
  const { rows, counts } = datasetRows(base.rows.map(({ product_description, category }): BaseRow => ({ product_description, category })), [...kept, ...given, ...labels.rows], plan.recencyWeight, plan.recencyHalfLifeMs);
  return { rows, counts, csv: writeDataset(rows), files, refused, offsets: labels.offsets, labels: labels.rows.length, overwritten: labels.overwritten, labelsSetAside: labels.setAside };
}

/** The dataset of a new run, stored in S3. */
export async function loadDataset(runId: string, plan: Plan, ports: Ports): Promise<Dataset> {
  const { rows, counts, csv, files, refused, offsets, labels, labelsSetAside } = await gather(plan, ports);
  const hash = sha256(csv);
  const path = `s3://dataset/auto/${hash}/rows.csv`;
  const setAside = refused.map(({ uri, refused: list }): SetAside => ({ file: uri, count: list.length, first: refusalText(list.slice(0, 1), list.length) }));
  const manifest: DatasetManifest = {
    format: 1, run_id: runId, hash, path, plan, files, offsets, labels, labels_set_aside: labelsSetAside, counts, per_category: countPerCategory(rows, plan.categories),
    hold_out_sha256: sha256(writeDataset(rows.filter((row) => row.part === 'hold_out'))), set_aside: setAside,
  };
  const manifestUri = manifestUriOf(path, runId);
  await ports.artifacts.write(path, csv);
  if (refused.length > 0) await ports.artifacts.write(path.replace('rows.csv', `set-aside-${runId}.csv`), writeCsv(['file', 'row', 'field', 'reason'], refused.flatMap(({ uri, refused: list }) => list.map(({ row, field, reason }) => [uri, String(row), field, reason]))));
  await ports.artifacts.write(manifestUri, JSON.stringify(manifest, null, 2));
  const present = new Set(rows.map((row) => row.category));
  return { rows, counts, categories: plan.categories.filter((category) => present.has(category)), offsets, hash, path, manifestUri, setAside };
}

/** undefined when S3 has lost it: then nothing that was given is known to have been seen. */
async function championRows(path: string, artifacts: Pick<Artifacts, 'read'>): Promise<DatasetRow[] | undefined> {
  try {
    return readDataset(await artifacts.read(path));
  } catch (error) {
    if (error instanceof LoopError && (error.code === 'no_object' || error.code === 'bad_dataset')) return undefined;
    throw error;
  }
}
async function readLabels(plan: Plan, { settings, registry }: Pick<Ports, 'settings' | 'registry'>, until: Offsets | undefined): Promise<{ rows: LabelledRow[]; offsets: Offsets; overwritten: number; setAside: number }> {
  const current = new Map<string, { example: Example; isRecent: boolean }>();
  const below = new Set<string>();
  const changed = new Set<string>();
  const ends = await readToEnd({
    settings, clientId: 'trainer-dataset', topics: ['examples'],
    onRecord: async (record) => {
      const id = record.key?.toString() ?? '';
      const place = `examples-${record.partition}`;
      if (until !== undefined && record.offset >= BigInt(until[place] ?? 0)) {
        // A first word that came later took nothing away.
        if (record.value === null || (await registry.decode('examples', record.value)).revision > 0) changed.add(id);
        return;
      }
      below.add(id);
      if (record.value === null) return void current.delete(id);
      const example = await registry.decode('examples', record.value);
      current.set(id, { example, isRecent: record.offset >= BigInt(plan.champion?.offsets[place] ?? 0) });
    },
  });
  const known = new Set(plan.categories);
  // Offsets interleave partitions differently from run to run; time and id do not.
  const labels = [...current.values()]
    .filter(({ example }) => example.model_name === plan.modelName && known.has(example.label))
    .sort((a, b) => a.example.labelled_at - b.example.labelled_at || (a.example.prediction_id < b.example.prediction_id ? -1 : 1));
  const { heard, setAside } = heardOf(labels.map((one) => ({ ...one, source: one.example.source, labelled_at: one.example.labelled_at })), plan.sources ?? { sourceLabelsPerHour: 0, trustedSources: [] });
  const rows = heard.map(({ example, isRecent }): LabelledRow => ({ product_description: example.product_description, category: example.label, source: 'label', atMs: example.labelled_at, isRecent }));
  return { rows, setAside, offsets: until ?? Object.fromEntries([...ends].map(([key, end]) => [key, Number(end)])), overwritten: [...changed].filter((id) => !below.has(id)).length };
}
/** What a file is refused for, with its name. */
export function namingFile<R>(uri: string, read: () => R): R {
  try {
    return read();
  } catch (error) {
    if (error instanceof LoopError && error.kind === 'poison') throw poison(error.code, `${uri}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}
