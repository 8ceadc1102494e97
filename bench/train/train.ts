// ./loop bench train: the classifier beside scikit-learn's and fastText's on the same split and the same rows. Quality, time, memory, size; and whether one seed gives the same weights twice.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseCorpus } from '../../producers/catalogue.ts';
import { readCsv } from '../../schemas/csv.ts';
import { fatal, messageOf } from '../../schemas/failure.ts';
import { readSettings } from '../../schemas/settings.ts';
import { runProgram } from '../../stack/fetch.ts';
import { fetchNative } from '../../stack/native.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import type { Bench, BenchOptions, BenchResult, Figure } from '../bench.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';
import { barsOf, tableOf, TFJS_NODE, WASM, type Measured } from './bars.ts';
import { ours, peerIn, runContender, type Contender, type JobFile } from './contender.ts';
import { qualityOf, type Row } from './figures.ts';

const SCIKIT: readonly Pinned[] = ['scikit-learn==1.9.1', 'numpy==2.4.6', 'scipy==1.17.1'];
const FASTTEXT: readonly Pinned[] = ['fasttext==0.9.3', 'numpy==2.4.6', 'pybind11==3.1.0', 'setuptools==65.5.0'];
const SEEDS = 5;
const PEER_RUNS = 3;
const KINDS = [['word-svc', 'scikit-learn, word TF-IDF, LinearSVC'], ['wordchar-svc', 'scikit-learn, word + char TF-IDF, LinearSVC'], ['word-logreg', 'scikit-learn, word TF-IDF, logistic regression'], ['wordchar-logreg', 'scikit-learn, word + char TF-IDF, logistic regression']] as const;

function rowsOf(dataset: string | undefined, seed: number, scale: number, notes: string[]): Row[] {
  const read = dataset === undefined ? undefined : readCsv(readFileSync(dataset), 'Category', readSettings({}).categories);
  const all = (read?.rows ?? baseCorpus(seed)).map(({ product_description, category }) => ({ text: product_description, category }));
  if (all.length === 0) throw fatal('empty_dataset', `--dataset: ${dataset} has no usable row`);
  notes.push(dataset === undefined ? 'the synthetic catalogue: the bars of quality are made for --dataset Training_Data.csv and left out here' : `${dataset}: ${all.length} rows, ${read?.refused.length ?? 0} set aside`);
  return scale < 1 ? all.slice(0, Math.max(500, Math.round(all.length * scale))) : all;
}

/** Whoever cannot be had is left out, with the reason in the notes. */
async function contendersOf({ peers, cache, say }: BenchOptions, scikit: string, notes: string[]): Promise<readonly Contender[]> {
  const wanted = (peer: string): boolean => peers === undefined || peers.includes(peer);
  const all: Contender[] = [];
  const attempt = async (what: string, make: () => Promise<Contender>): Promise<void> => {
    await make().then((one) => all.push(one), (error: unknown) => notes.push(`${what} was left out: ${messageOf(error).split('\n').slice(0, 3).join(' ')}`));
  };
  await attempt('tfjs-node', async () => ours(TFJS_NODE, 'node', await fetchNative(cache, say)));
  all.push(ours(WASM, 'wasm', ''));
  if (wanted('scikit-learn')) all.push(...KINDS.map(([kind, name]) => peerIn(scikit, 'scikit-learn', kind, name)));
  if (wanted('fasttext')) await attempt('fastText', async () => peerIn(await fetchPython(cache, 'fasttext', FASTTEXT, say), 'fasttext', 'fasttext', 'fastText, word and char n-grams'));
  return all;
}

const figuresOf = (all: readonly Measured[]): Figure[] => all.flatMap(({ contender: { name }, runs }) => [
  { name: `${name}: training`, unit: 's', runs: runs.map(({ told }) => told.trainSeconds) }, { name: `${name}: training`, unit: 'CPU-s', runs: runs.map(({ told }) => told.trainCpuSeconds) },
  { name: `${name}: predictions`, unit: '1/s', runs: runs.map(({ told }) => told.predictionsPerSecond) }, { name: `${name}: peak RSS`, unit: 'MB', runs: runs.map(({ told }) => told.peakRssBytes / 1e6) },
]);

async function run(options: BenchOptions): Promise<BenchResult> {
  const { seed, runs = SEEDS, scale, cache, dataset, say } = options;
  const notes: string[] = [];
  const rows = rowsOf(dataset, seed, scale, notes);
  const scikit = await fetchPython(cache, 'scikit-learn', SCIKIT, say);
  const contenders = await contendersOf(options, scikit, notes);
  const labels = rows.map(({ category }) => category);
  const split = JSON.parse(await runProgram(scikit, [join(PROJECT_DIR, 'bench/peers/trainTestSplit.py')], { input: JSON.stringify(labels) })) as Pick<JobFile, 'train' | 'test'>;
  const testRows = split.test.flatMap((i) => rows[i] ?? []);
  const dir = mkdtempSync(join(tmpdir(), 'bench-train-'));
  try {
    const jobFile = join(dir, 'job.json');
    const job: JobFile = { texts: rows.map(({ text }) => text), labels, ...split };
    writeFileSync(jobFile, JSON.stringify(job));
    const measured = contenders.map((contender): Measured & { readonly runs: Measured['runs'][number][] } => ({ contender, runs: [], again: undefined }));
    // Alternating, so that a slow minute of the machine hits all.
    for (let i = 0; i < runs; i += 1) {
      for (const one of measured) {
        if (one.contender.peer !== undefined && i >= PEER_RUNS) continue;
        const told = await runContender(one.contender, jobFile, seed + i);
        const quality = qualityOf(testRows, told);
        one.runs.push({ seed: seed + i, told, quality });
        say(`${one.contender.name}, seed ${seed + i}: weighted ${quality.weighted.toFixed(4)}, macro ${quality.macro.toFixed(4)}, worst ${quality.worst.toFixed(4)}, without aisle ${quality.withoutAisle.toFixed(4)}, ECE ${quality.ece.toFixed(4)}; ${told.trainSeconds.toFixed(1)} s, ${told.trainCpuSeconds.toFixed(1)} CPU-s`);
      }
    }
    for (const one of measured) if (one.contender.peer === undefined) one.again = (await runContender(one.contender, jobFile, seed)).sha256;
    notes.push(
      `${split.train.length} rows to learn, ${split.test.length} to judge: scikit-learn's train_test_split(test_size=0.2, random_state=42, stratify=y); seeds ${seed} to ${seed + runs - 1}, at most ${PEER_RUNS} for the others; every training in a process of its own`,
      ...measured.flatMap(({ contender: { name }, runs: [first] }) => (first === undefined ? [] : [`${name}: ${first.told.versions}`])),
      'beside the model a copy learns without a tenth of the rows, in the same steps: it chooses the epoch and the temperature, and its cost is in our times; predictions are single texts from text to probabilities, for the others one batch (fastText: single)',
      'LinearSVC has no probabilities: its ECE is that of the softmax of its margins; a peer\'s peak RSS is its whole process\'s, Python and libraries included, as ours is',
    );
    const missing = [TFJS_NODE, WASM].filter((name) => !contenders.some((one) => one.name === name));
    return { bench: 'train', seed, figures: figuresOf(measured), tables: [tableOf(measured)], bars: barsOf(measured, dataset !== undefined && scale >= 1, missing), notes };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
export const bench: Bench = { name: 'train', about: 'the classifier beside scikit-learn and fastText', run };
