// The work on one job: the file is checked whole, then scored, published and written in one pass, in constant memory. It may be begun again at any point: the same rows get the same ids from
// the same version of the model, and nothing of the output is seen before all of it stands.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sha256, type ReadObject } from '../../consumers/objects.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { CsvColumns } from '../../schemas/csv.ts';
import { refusalText } from '../../schemas/csv.ts';
import { createMarginals, scoresFrom } from '../../schemas/f1.ts';
import { kindOf, LoopError, messageOf, poison, transient } from '../../schemas/failure.ts';
import { verifiedSubsetUriOf } from '../../schemas/verified.ts';
import { readManifest, readScorer, weightsUriOf } from '../../schemas/load.ts';
import { outputHeader, outputUriOf, SET_ASIDE_HEADER, setAsideUriOf, SUBSET_HEADER } from './layout.ts';
import { count, EMPTY_CENSUS, headerOf, scoreRows, type Scoring } from './rows.ts';
import { patiently, type Facts, type Leftover, type Storage, type Upload } from './s3.ts';
import { piecesOf } from './text.ts';

export type BadRows = 'refuse' | 'set_aside';
export type PinnedModel = { readonly name: string; readonly version: string; readonly manifestUri: string; readonly manifestSha256: string };
export type BatchJob = { readonly jobId: string; readonly inputUri: string; /** the file as it was when the job was first taken */ readonly input: Facts; readonly badRows: BadRows; readonly saidAtMs: number; readonly model: PinnedModel; /** uploads of earlier attempts */ readonly leftovers: readonly Leftover[] };
export type BatchTold = { readonly kind: 'uploading'; readonly leftover: Leftover } | { readonly kind: 'counted'; readonly rows: number; readonly bad: number } | { readonly kind: 'progress'; readonly rows: number; readonly bad: number; readonly perSecond: number };
export type BatchResult = {
  readonly rows: number; readonly bad: number; readonly verified: number; readonly latencyAvgMs: number; readonly f1: number | undefined; readonly minF1: number | undefined;
  readonly output: string; readonly setAside: string | null; readonly subset: string | null;
};
export type WorkPorts = {
  readonly storage: Storage; readonly read: ReadObject; readonly publish: (messages: readonly Outgoing[]) => Promise<void>; readonly tell: (told: BatchTold) => void;
  /** Asked when all is published and uploaded: false when the job is no longer ours. */
  readonly mayFinish: () => Promise<boolean>;
  readonly nowMs: () => number; readonly auditRate: number; /** legal in the verified column beside the model's own */ readonly categories: readonly string[]; readonly tellEveryMs: number;
};
/** Sends on their way at once: the broker works on them while the next rows are scored. */
const IN_FLIGHT = 8;

/** Resolves with what the job came to. Throws poison with file, row and column for what a person must mend, transient where trying again may help. */
export async function workOn(job: BatchJob, ports: WorkPorts): Promise<BatchResult> {
  const { jobId, inputUri, model } = job;
  const { storage, read } = ports;
  const manifest = readManifest(model.manifestUri, await read(model.manifestUri), model.manifestSha256, sha256);
  const known = new Set([...manifest.categories, ...ports.categories]);
  const now = await storage.stat(inputUri);
  if (now.etag !== job.input.etag || now.bytes !== job.input.bytes) throw poison('input_changed', `${inputUri} was changed while the job ran (${job.input.bytes} bytes then, ${now.bytes} now); order it again`);
  try {
    const [columns, weights] = await Promise.all([check(job, known, ports), read(weightsUriOf(model.manifestUri, manifest))]);
    const score = readScorer(model.version, manifest, weights, sha256);
    return await predict(job, { jobId, inputUri, columns, known, modelName: model.name, modelVersion: model.version, categories: manifest.categories, score, auditRate: ports.auditRate, saidAtMs: job.saidAtMs }, ports);
  } catch (error) {
    // The words are about the file; its name goes with them.
    if (error instanceof LoopError && error.code === 'bad_csv') throw poison(error.code, `${inputUri}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}

/** First pass: nothing of a file that is refused has been predicted. */
async function check({ inputUri, input, badRows }: BatchJob, known: ReadonlySet<string>, { storage, tell }: WorkPorts): Promise<CsvColumns> {
  let columns: CsvColumns | undefined;
  let census = EMPTY_CENSUS;
  for await (const { records, firstRow } of piecesOf(storage.read(inputUri, input.bytes))) {
    const [header] = records;
    const isFirst = columns === undefined;
    if (columns === undefined && header !== undefined) columns = headerOf(header);
    if (columns !== undefined) census = count(census, isFirst ? records.slice(1) : records, isFirst ? firstRow + 1 : firstRow, columns, known);
  }
  columns ??= headerOf({ cells: [''], raw: '' });
  const { rows, bad, first } = census;
  const said = refusalText(first, rows, bad);
  if (bad > 0 && badRows === 'refuse') throw poison('bad_rows', `${inputUri}: refused ${said}. Mend them, or ask with on_bad_rows 'set_aside'`);
  if (rows === bad) throw poison('empty_file', `${inputUri}: row 2: there is no usable row under the header${bad > 0 ? ` (refused: ${said})` : ''}`);
  tell({ kind: 'counted', rows, bad });
  return columns;
}

/** Second pass. */
async function predict({ inputUri, input, leftovers }: BatchJob, scoring: Scoring, { storage, publish, tell, mayFinish, nowMs, tellEveryMs }: WorkPorts): Promise<BatchResult> {
  const { jobId } = scoring;
  const uris = { output: outputUriOf(jobId), subset: verifiedSubsetUriOf(jobId), setAside: setAsideUriOf(jobId) };
  for (const leftover of leftovers) await storage.clear(leftover);
  const begun = (leftover: Leftover): void => tell({ kind: 'uploading', leftover });
  const uploads: { output?: Upload; subset?: Upload; setAside?: Upload } = {};
  const marginals = createMarginals();
  const sends: Promise<void>[] = [];
  let [rows, bad, scoringMs] = [0, 0, 0];
  const began = performance.now();
  let toldAt = began;
  try {
    for await (const { records, firstRow } of piecesOf(storage.read(inputUri, input.bytes))) {
      const [header] = records;
      const isFirst = uploads.output === undefined;
      uploads.output ??= storage.upload(uris.output, outputHeader(header?.cells ?? []), begun);
      const started = performance.now();
      const block = scoreRows(isFirst ? records.slice(1) : records, isFirst ? firstRow + 1 : firstRow, scoring, nowMs());
      scoringMs += performance.now() - started;
      for (const [label, predicted] of block.pairs) marginals.add(label, predicted, 1);
      const messages: Outgoing[] = block.predictions.map((value) => ({ topic: 'predictions', key: value.prediction_id, value }));
      for (const value of block.feedback) messages.push({ topic: 'feedback', key: value.prediction_id, value });
      // Sent again as a whole: what stood already is dropped by its id.
      const sending = patiently(() => publish(messages), (error) => kindOf(error) !== 'transient');
      sending.catch(() => undefined);
      sends.push(sending);
      if (sends.length >= IN_FLIGHT) await sends.shift();
      // A stream that has rows at hand gives them in one turn of the loop: without this no send leaves, and no answer is heard, until so many wait that all do.
      await nextTurn();
      if (block.lines !== '') await uploads.output.write(block.lines);
      if (block.subset !== '') await (uploads.subset ??= storage.upload(uris.subset, SUBSET_HEADER, begun)).write(block.subset);
      if (block.setAside !== '') await (uploads.setAside ??= storage.upload(uris.setAside, SET_ASIDE_HEADER, begun)).write(block.setAside);
      rows += block.predictions.length;
      bad += block.bad;
      if (performance.now() - toldAt < tellEveryMs) continue;
      toldAt = performance.now();
      tell({ kind: 'progress', rows, bad, perSecond: (1000 * rows) / (toldAt - began) });
    }
    await Promise.all(sends);
    tell({ kind: 'progress', rows, bad, perSecond: (1000 * rows) / (performance.now() - began) });
    if (!(await mayFinish())) throw transient('lease_lost', `job ${jobId} is no longer ours`);
    await uploads.subset?.complete();
    await uploads.setAside?.complete();
    await uploads.output?.complete();
  } catch (error) {
    for (const upload of Object.values(uploads)) await upload.abort();
    throw error;
  }
  const { weighted, worst } = scoresFrom(marginals);
  return {
    rows, bad, verified: marginals.labels(), latencyAvgMs: scoringMs / Math.max(1, rows), f1: weighted, minF1: worst?.f1,
    output: uris.output, setAside: uploads.setAside === undefined ? null : uris.setAside, subset: uploads.subset === undefined ? null : uris.subset,
  };
}
