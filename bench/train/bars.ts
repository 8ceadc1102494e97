// What ./loop bench train promises of ours, and the table of everybody.
import { spreadOf, type Bar, type Table } from '../bench.ts';
import type { Contender, Told } from './contender.ts';
import type { Quality } from './figures.ts';

/** again: SHA-256 of a second training with the first seed; undefined for peers. */
export type Measured = { readonly contender: Contender; readonly runs: readonly { readonly seed: number; readonly told: Told; readonly quality: Quality }[]; again: string | undefined };

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const QUALITY = [['weighted F1', 'weighted', 0.946, 'least'], ['macro F1', 'macro', 0.922, 'least'], ['worst category\'s F1', 'worst', 0.777, 'least'], ['weighted F1 of rows without an aisle', 'withoutAisle', 0.864, 'least'], ['ECE', 'ece', 0.012, 'most']] as const;
/** Ours, by the names they have in the table. */
export const [TFJS_NODE, WASM] = ['ours, tfjs-node', 'ours, wasm'] as const;
const SECONDS: Readonly<Record<string, number>> = { [TFJS_NODE]: 6, [WASM]: 10 };
const MOST_BYTES = 10e6;

/** judgeQuality: the bars of quality are for one file at full size. missing: ours that could not be had, which is a promise missed too. */
export function barsOf(all: readonly Measured[], judgeQuality: boolean, missing: readonly string[] = []): Bar[] {
  const absent = missing.map((name): Bar => ({ name: `${name}: training`, wanted: `at most ${SECONDS[name] ?? Infinity} s`, seen: 'none: it could not be had, see the notes', holds: false }));
  return [...absent, ...all.filter(({ contender, runs }) => contender.peer === undefined && runs.length > 0).flatMap(({ contender: { name }, runs, again }): Bar[] => {
    const quality = QUALITY.map(([what, key, bound, side]): Bar => {
      const seen = mean(runs.map((one) => one.quality[key]));
      return { name: `${name}: ${what}, mean of ${runs.length} seeds`, wanted: `at ${side} ${bound}`, seen: seen.toFixed(4), holds: side === 'least' ? seen >= bound : seen <= bound };
    });
    const seconds = spreadOf(runs.map(({ told }) => told.trainSeconds)).median;
    const most = SECONDS[name] ?? Infinity;
    const bytes = Math.max(...runs.map(({ told }) => told.modelBytes));
    const first = runs[0]?.told.sha256;
    return [
      ...(judgeQuality ? quality : []),
      { name: `${name}: training`, wanted: `at most ${most} s`, seen: `${seconds.toFixed(2)} s (median)`, holds: seconds <= most },
      { name: `${name}: model file`, wanted: `at most ${MOST_BYTES / 1e6} MB`, seen: `${(bytes / 1e6).toFixed(2)} MB`, holds: bytes <= MOST_BYTES },
      { name: `${name}: the same rows and seed twice`, wanted: 'the same weights', seen: first === again ? `SHA-256 ${(first ?? '').slice(0, 16)} both times` : `${(first ?? '').slice(0, 16)} and ${(again ?? '').slice(0, 16)}`, holds: first !== undefined && first === again },
    ];
  })];
}

export const tableOf = (all: readonly Measured[]): Table => ({
  title: 'means over the runs; F1 and ECE on the rows to judge',
  head: ['', 'weighted', 'macro', 'worst', 'no aisle', 'ECE', 'train s', 'CPU-s', 'peak MB', 'model MB', 'pred/s'],
  rows: all.filter(({ runs }) => runs.length > 0).map(({ contender: { name }, runs }) => {
    const quality = (key: 'weighted' | 'macro' | 'worst' | 'withoutAisle' | 'ece'): string => mean(runs.map((one) => one.quality[key])).toFixed(4);
    const told = (key: 'trainSeconds' | 'trainCpuSeconds' | 'peakRssBytes' | 'modelBytes' | 'predictionsPerSecond', unit = 1): number => mean(runs.map((one) => one.told[key])) / unit;
    return [name, quality('weighted'), quality('macro'), quality('worst'), quality('withoutAisle'), quality('ece'), told('trainSeconds'), told('trainCpuSeconds'), told('peakRssBytes', 1e6), told('modelBytes', 1e6), told('predictionsPerSecond')];
  }),
});
