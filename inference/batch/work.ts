// The work on one job: the file is checked whole, then scored, published and written in one pass, in constant memory. It may be begun again at any point: the same rows get the same ids from
// the same version of the model, and nothing of the output is seen before all of it stands. What is done with a block of rows is the crew's; here their order is kept.
import { sha256, type ReadObject } from '../../consumers/objects.ts';
import type { PackedBatch } from '../../producers/wire/packer.ts';
import { refusalText } from '../../schemas/csv.ts';
import { createMarginals, scoresFrom } from '../../schemas/f1.ts';
import { kindOf, LoopError, messageOf, poison, transient } from '../../schemas/failure.ts';
import { verifiedSubsetUriOf } from '../../schemas/verified.ts';
import { readManifest, weightsUriOf } from '../../schemas/load.ts';
import type { Crew } from './crew.ts';
import { createCutter, createRecutter, type Block, type BlockSize, type Cut, type Cutter } from './cut.ts';
import type { Checking, Wire } from './hand.ts';
import { outputHeader, outputUriOf, SET_ASIDE_HEADER, setAsideUriOf, SUBSET_HEADER } from './layout.ts';
import { EMPTY_CENSUS, headerOf, sumOf } from './rows.ts';
import { patiently, type Facts, type Leftover, type Storage, type Upload } from './s3.ts';
import { headIn } from './text.ts';

export type BadRows = 'refuse' | 'set_aside';
export type PinnedModel = { readonly name: string; readonly version: string; readonly manifestUri: string; readonly manifestSha256: string };
export type BatchJob = { readonly jobId: string; readonly inputUri: string; /** the file as it was when the job was first taken */ readonly input: Facts; readonly badRows: BadRows; readonly saidAtMs: number; readonly model: PinnedModel; /** uploads of earlier attempts */ readonly leftovers: readonly Leftover[] };
export type BatchTold = { readonly kind: 'uploading'; readonly leftover: Leftover } | { readonly kind: 'counted'; readonly rows: number; readonly bad: number } | { readonly kind: 'progress'; readonly rows: number; readonly bad: number; readonly perSecond: number };
export type BatchResult = {
  readonly rows: number; readonly bad: number; readonly verified: number; readonly latencyAvgMs: number; readonly f1: number | undefined; readonly minF1: number | undefined;
  readonly output: string; readonly setAside: string | null; readonly subset: string | null;
};
export type WorkPorts = {
  readonly storage: Storage; readonly read: ReadObject; readonly publish: (batches: readonly PackedBatch[]) => Promise<void>; readonly wire: () => Promise<Wire>; readonly tell: (told: BatchTold) => void;
  readonly crew: Crew; readonly blockSize: BlockSize;
  /** Asked when all is published and uploaded: false when the job is no longer ours. */
  readonly mayFinish: () => Promise<boolean>;
  readonly nowMs: () => number; readonly auditRate: number; /** legal in the verified column beside the model's own */ readonly categories: readonly string[]; readonly tellEveryMs: number;
};
/** Sends on their way at once: the broker works on them while the next rows are scored. */
const IN_FLIGHT = 4;

/** Resolves with what the job came to. Throws poison with file, row and column for what a person must mend, transient where trying again may help. */
export async function workOn(job: BatchJob, ports: WorkPorts): Promise<BatchResult> {
  const { jobId, inputUri, model } = job;
  const { storage, read } = ports;
  const manifest = readManifest(model.manifestUri, await read(model.manifestUri), model.manifestSha256, sha256);
  const known = new Set([...manifest.categories, ...ports.categories]);
  const now = await storage.stat(inputUri);
  if (now.etag !== job.input.etag || now.bytes !== job.input.bytes) throw poison('input_changed', `${inputUri} was changed while the job ran (${job.input.bytes} bytes then, ${now.bytes} now); order it again`);
  const chunks = (): AsyncIterable<Uint8Array> => storage.read(inputUri, job.input.bytes);
  try {
    const [{ by, cuts }, weights, wire] = await Promise.all([check(job, known, chunks(), ports), read(weightsUriOf(model.manifestUri, manifest)), ports.wire()]);
    await ports.crew.scoreBy({ jobId, inputUri, modelName: model.name, modelVersion: model.version, auditRate: ports.auditRate, saidAtMs: job.saidAtMs, manifest, weights }, wire);
    return await predict(job, by.header, createRecutter(cuts, ports.blockSize, ports.crew.room), chunks(), ports);
  } catch (error) {
    // The words are about the file; its name goes with them.
    if (error instanceof LoopError && error.code === 'bad_csv') throw poison(error.code, `${inputUri}: ${messageOf(error)}`, { cause: error });
    throw error;
  }
}

async function* blocksOf(chunks: AsyncIterable<Uint8Array>, cutter: Cutter): AsyncGenerator<Block> {
  for await (const chunk of chunks) yield* cutter.push(chunk);
  yield* cutter.end();
}
/** What comes of the blocks, in their order, while so many of them are worked on. The first that fails in that order is the failure. */
async function* inOrder<R>(blocks: AsyncIterable<Block>, atOnce: number, work: (block: Block) => Promise<R>): AsyncGenerator<R> {
  const open: Promise<R>[] = [];
  for await (const block of blocks) {
    const one = work(block);
    one.catch(() => undefined);
    open.push(one);
    if (open.length < atOnce) continue;
    const first = open.shift();
    if (first !== undefined) yield await first;
  }
  for (const one of open) yield await one;
}

type Checked = { readonly by: Checking; readonly cuts: readonly Cut[] };
/** First pass: nothing of a file that is refused has been predicted. */
async function check({ inputUri, badRows }: BatchJob, known: ReadonlySet<string>, chunks: AsyncIterable<Uint8Array>, { crew, tell, blockSize }: WorkPorts): Promise<Checked> {
  const cuts: Cut[] = [];
  let by: Checking | undefined;
  const begin = (first: Block | undefined): Checking => {
    const record = (first === undefined ? undefined : headIn(first)) ?? { cells: [''], raw: '' };
    by = { columns: headerOf(record), header: record.cells, known };
    crew.checkBy(by);
    return by;
  };
  let census = EMPTY_CENSUS;
  for await (const one of inOrder(blocksOf(chunks, createCutter(blockSize, crew.room)), crew.blocks, (block) => {
    if (by === undefined) begin(block);
    const { bytes: { length }, ...rest } = block;
    cuts.push({ length, ...rest });
    return crew.check(block);
  })) census = sumOf(census, one);
  by ??= begin(undefined);
  const { rows, bad, first } = census;
  const said = refusalText(first, rows, bad);
  if (bad > 0 && badRows === 'refuse') throw poison('bad_rows', `${inputUri}: refused ${said}. Mend them, or ask with on_bad_rows 'set_aside'`);
  if (rows === bad) throw poison('empty_file', `${inputUri}: row 2: there is no usable row under the header${bad > 0 ? ` (refused: ${said})` : ''}`);
  tell({ kind: 'counted', rows, bad });
  return { by, cuts };
}

/** Second pass. */
async function predict({ jobId, leftovers }: BatchJob, header: readonly string[], cutter: Cutter, chunks: AsyncIterable<Uint8Array>, { crew, storage, publish, tell, mayFinish, nowMs, tellEveryMs }: WorkPorts): Promise<BatchResult> {
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
    const output = (uploads.output = storage.upload(uris.output, outputHeader(header), begun));
    for await (const block of inOrder(blocksOf(chunks, cutter), crew.blocks, (one) => crew.score(one, nowMs()))) {
      scoringMs += block.tookMs;
      for (const [label, predicted, count] of block.pairs) marginals.add(label, predicted, count);
      // Sent again as a whole: what stood already is dropped by its id.
      const sending = patiently(() => publish(block.batches), (error) => kindOf(error) !== 'transient').then(() => crew.giveBack(block.batches.map(({ bytes }) => bytes)));
      sending.catch(() => undefined);
      sends.push(sending);
      if (sends.length >= IN_FLIGHT) await sends.shift();
      await output.write(block.lines);
      if (block.subset !== undefined) await (uploads.subset ??= storage.upload(uris.subset, SUBSET_HEADER, begun)).write(block.subset);
      if (block.setAside !== undefined) await (uploads.setAside ??= storage.upload(uris.setAside, SET_ASIDE_HEADER, begun)).write(block.setAside);
      crew.giveBack([block.lines, block.subset, block.setAside].filter((one) => one !== undefined));
      rows += block.rows;
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
