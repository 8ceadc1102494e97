// ./loop bench batch: a CSV file in S3 to predictions.csv in S3, every row an acknowledged event too, held against the predictor alone on one core; and whether memory grows with the file.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseCorpus } from '../../producers/catalogue.ts';
import { createStorage } from '../../inference/batch/s3.ts';
import { cell, readCsv } from '../../schemas/csv.ts';
import { fatal } from '../../schemas/failure.ts';
import { answersHttp } from '../../stack/services/service.ts';
import { spreadOf, type Bar, type Bench, type BenchOptions, type BenchResult } from '../bench.ts';
import { requireProcfs } from '../join/procfs.ts';
import { untilFound, withStack, type BenchStack } from '../stack.ts';
import { runJob, type JobSeen } from './job.ts';
import { promoteLearnt, type Labelled } from './model.ts';

const ROWS = 1_000_000;
const FEW_ROWS = 100_000;
const DEFAULT_RUNS = 3;
const WANTED_SHARE = 0.5;
/** Of the peak with the small file: what the garbage collector's moods are worth. */
const MOST_GROWTH = 1.2;
const MB = 1e6;
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const READY_DEADLINE_MS = 60_000;

async function storeFile(stack: BenchStack, texts: readonly string[], rows: number): Promise<string> {
  const uri = `s3://dataset/bench/${rows}.csv`;
  const upload = createStorage(stack.settings).upload(uri, 'sku,product_description\n', () => undefined);
  const BLOCK = 10_000;
  for (let from = 0; from < rows; from += BLOCK) {
    let lines = '';
    for (let i = from; i < Math.min(rows, from + BLOCK); i += 1) lines += `${i},${cell(texts[i % texts.length] ?? '')}\n`;
    await upload.write(lines);
  }
  await upload.complete();
  return uri;
}

async function measure(stack: BenchStack, corpus: readonly Labelled[], { seed, runs = DEFAULT_RUNS, scale, say }: BenchOptions): Promise<Omit<BenchResult, 'bench' | 'seed'>> {
  const { settings } = stack;
  say('learning a model to predict with');
  const promoted = await promoteLearnt(stack, corpus, seed);
  const texts = corpus.map(({ product_description }) => product_description);
  const textsFile = join(stack.paths.home, 'texts');
  writeFileSync(textsFile, texts.join('\n'));
  const [rows, fewRows] = [Math.max(5000, Math.round(ROWS * scale)), Math.max(500, Math.round(FEW_ROWS * scale))];
  for (const one of [rows, fewRows]) await storeFile(stack, texts, one);
  const inference = stack.startOurs('inference', 'inference/main.ts');
  await untilFound('a model serves', inference, READY_DEADLINE_MS, async () => ((await answersHttp(`http://127.0.0.1:${settings.inferencePort}/health/ready`)) ? true : undefined));

  const alone = async (): Promise<number> => {
    const running = stack.start('predictor', process.execPath, ['--disable-warning=ExperimentalWarning', 'bench/batch/predictor.ts', promoted.manifest_uri, promoted.manifest_sha256, String(rows), textsFile]);
    if ((await running.ended) !== 0) throw fatal('program_ended', `the predictor failed; see ${running.log}`);
    const line = readFileSync(running.log, 'utf8').trim().split('\n').at(-1) ?? '';
    return (JSON.parse(line) as { perSecond: number }).perSecond;
  };
  const wrong: string[] = [];
  const job = async (size: number): Promise<JobSeen> => {
    const seen = await runJob(stack, inference, `s3://dataset/bench/${size}.csv`, size);
    wrong.push(...seen.wrong);
    say(`${count(size)} rows: ${count(seen.perSecond)} rows/s, peak ${count(seen.peakRssBytes / MB)} MB; CPU-s ${Object.entries(seen.cpuSeconds).map(([name, one]) => `${name} ${one.toFixed(1)}`).join(', ')}; checked, scored, ended after ${seen.phases.map((one) => one.toFixed(1)).join(', ')} s`);
    return seen;
  };
  const predictor: number[] = [];
  const jobs: JobSeen[] = [];
  const few: JobSeen[] = [];
  for (let run = 0; run < runs; run += 1) {
    predictor.push(await alone());
    say(`run ${run + 1} of ${runs}: the predictor alone: ${count(predictor.at(-1) ?? 0)} rows/s`);
    jobs.push(await job(rows));
    few.push(await job(fewRows));
  }

  const [own, whole] = [spreadOf(predictor).median, spreadOf(jobs.map(({ perSecond }) => perSecond)).median];
  const peaksOf = (seen: readonly JobSeen[]): number[] => seen.map(({ peakRssBytes }) => peakRssBytes / MB);
  const growth = spreadOf(peaksOf(jobs)).median / spreadOf(peaksOf(few)).median;
  const bars: Bar[] = [
    { name: 'rows/s of a job against the predictor alone on one core', wanted: `at least ${WANTED_SHARE * 100} %`, seen: `${((100 * whole) / own).toFixed(0)} % (${count(whole)} of ${count(own)}, medians)`, holds: whole >= WANTED_SHARE * own },
    { name: `peak memory with ${count(rows)} rows against ${count(fewRows)}`, wanted: `at most ${MOST_GROWTH} times`, seen: `${growth.toFixed(2)} times (medians)`, holds: growth <= MOST_GROWTH },
    { name: 'every row is one line of the output and one event', wanted: 'none missing, none doubled', seen: wrong.length === 0 ? 'none' : wrong.join('; '), holds: wrong.length === 0 },
  ];
  return {
    bars,
    figures: [
      { name: 'the predictor alone, one core', unit: 'rows/s', runs: predictor }, { name: `a job of ${count(rows)} rows`, unit: 'rows/s', runs: jobs.map(({ perSecond }) => perSecond) }, { name: `a job of ${count(fewRows)} rows`, unit: 'rows/s', runs: few.map(({ perSecond }) => perSecond) },
      { name: `peak of the job's process, ${count(fewRows)} rows`, unit: 'MB RSS', runs: peaksOf(few) }, { name: `peak of the job's process, ${count(rows)} rows`, unit: 'MB RSS', runs: peaksOf(jobs) },
    ],
    notes: [
      'a job: from the moment an inference process takes it to the end of its row, start of its own process, both passes over the file, uploads and the acknowledgement (acks=all) of every event included; Kafka, S3 and MySQL run on the same machine',
      `texts: ${count(texts.length)} different ones, again and again; the predictor alone scores the same texts from memory, after its warm-up`,
    ],
  };
}

export const bench: Bench = {
  name: 'batch', about: 'rows per second from a CSV file in S3 to predictions.csv and events, against the predictor alone',
  async run(options) {
    requireProcfs();
    const { seed, dataset, say } = options;
    const corpus: readonly Labelled[] = dataset === undefined ? baseCorpus(seed) : readCsv(readFileSync(dataset), 'Category', [...new Set(baseCorpus(seed).map(({ category }) => category))]).rows;
    if (corpus.length === 0) throw fatal('empty_dataset', `--dataset: ${dataset} has no usable row`);
    return withStack({ name: 'batch', say, services: ['mysql', 's3'] }, async (stack) => ({ bench: 'batch', seed, ...(await measure(stack, corpus, options)) }));
  },
};
