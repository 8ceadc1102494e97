// Typed arrays beside TensorFlow.js at each batch size: which one is served is what is quicker, and they must agree.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '../../schemas/failure.ts';
import { runProgram } from '../../stack/fetch.ts';
import { fetchNative } from '../../stack/native.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import type { Bar, Table } from '../bench.ts';
import type { Served } from './model.ts';
import type { PredictorTold } from './predictorRun.ts';

type Options = { readonly dir: string; readonly cache: string; readonly texts: readonly string[]; readonly say: (line: string) => void };
const AGREE_WITHIN = 1e-5;
/** What a neighbour on the machine is worth. */
const NOISE = 0.8;
const FLAGS = ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0051', '--disable-warning=DEP0044'];
const topOf = (values: readonly number[]): number => values.indexOf(Math.max(...values));

export async function comparePredictors({ categories, weights, temperature }: Served, { dir, cache, texts, say }: Options): Promise<{ readonly table: Table; readonly bars: Bar[]; readonly notes: string[]; readonly singlePerSecond: number }> {
  const [weightsFile, modelFile, textsFile] = ['dense.bin', 'model.json', 'texts.json'].map((name) => join(dir, name)) as [string, string, string];
  writeFileSync(weightsFile, new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
  writeFileSync(modelFile, JSON.stringify({ categories, temperature, weightsFile }));
  writeFileSync(textsFile, JSON.stringify(texts));
  const notes: string[] = [];
  const told = new Map<string, PredictorTold>();
  const run = async (title: string, how: string, home: () => Promise<string>): Promise<void> => {
    try {
      const out = await runProgram(process.execPath, [...FLAGS, join(PROJECT_DIR, 'bench/serve/predictorRun.ts'), how, await home(), modelFile, textsFile]);
      told.set(title, JSON.parse(out.trimEnd().split('\n').findLast((line) => line.startsWith('{')) ?? '') as PredictorTold);
      say(`predictor, ${title}: ${Object.entries(told.get(title)?.perSecond ?? {}).map(([size, rate]) => `${size}: ${Math.round(rate)}/s`).join(', ')}`);
    } catch (error) {
      notes.push(`predictor by ${title} was left out: ${messageOf(error).split('\n').slice(0, 3).join(' ')}`);
    }
  };
  await run('typed arrays (served)', 'arrays', () => Promise.resolve(''));
  await run('tfjs-wasm', 'wasm', () => Promise.resolve(''));
  await run('tfjs-node', 'node', () => fetchNative(cache, say));
  const [[, ours] = [undefined, undefined], ...others] = [...told];
  const sizes = Object.keys(ours?.perSecond ?? {});
  const bars = others.flatMap(([title, { answers, perSecond }]): Bar[] => {
    const apart = answers.reduce((worst, row, i) => Math.max(worst, ...row.map((value, c) => Math.abs(value - (ours?.answers[i]?.[c] ?? Number.NaN)))), 0);
    const others = answers.filter((row, i) => topOf(row) !== topOf([...(ours?.answers[i] ?? [])])).length;
    const slower = sizes.filter((size) => (ours?.perSecond[size] ?? 0) < NOISE * (perSecond[size] ?? 0));
    return [
      { name: `typed arrays and ${title} give the same answers`, wanted: `probabilities within ${AGREE_WITHIN}, the same category`, seen: `${apart.toExponential(1)} apart at most, ${others} of ${answers.length} categories differ`, holds: apart <= AGREE_WITHIN && others === 0 },
      { name: `typed arrays are served, and not ${title}`, wanted: 'at no batch size more than a fifth slower', seen: slower.length === 0 ? `${(((ours?.perSecond['1'] ?? 0) / (perSecond['1'] ?? Number.NaN)) || 0).toFixed(1)} times as quick at one row, at none slower` : `slower at ${slower.join(', ')} rows`, holds: slower.length === 0 },
    ];
  });
  const table: Table = { title: 'predictor: rows a second, one core, from text to probabilities, by rows in a batch', head: ['', ...sizes], rows: [...told].map(([title, { perSecond }]) => [title, ...sizes.map((size) => perSecond[size])]) };
  return { table, bars, notes, singlePerSecond: ours?.perSecond['1'] ?? Number.NaN };
}
