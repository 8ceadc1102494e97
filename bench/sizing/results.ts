// The figures a plan needs, out of what `./loop bench … --json` printed. Pure.
import { fatal } from '../../schemas/failure.ts';
import { spreadOf, type Figure } from '../bench.ts';
import type { Measured } from './plan.ts';

export type Result = { readonly bench: string; readonly figures: readonly Figure[] };
const MIB = 1_048_576;

/** Medians. Throws fatal `no_figure` naming the benchmark that prints it. */
export function measuredIn(results: readonly Result[]): Measured {
  const of = (bench: string, name: string, unit: string): number => {
    const found = results.find((one) => one.bench === bench)?.figures.find((figure) => figure.name === name && figure.unit === unit);
    if (found === undefined) throw fatal('no_figure', `there is no figure '${name}' in ${unit}: give the output of ./loop bench ${bench} --json`);
    return spreadOf(found.runs).median;
  };
  return {
    inferencePerCoreSecond: of('stream', 'products to predictions, exactly once', 'rows/CPU-s'), inferenceRssMb: of('stream', 'inference', 'MB RSS'), joinPerCoreSecond: of('join', 'ours (join + monitor)', 'records/CPU-s'),
    joinBytesPerPrediction: of('state', 'RssAnon above an empty join', 'bytes/prediction'), diskBytesPerPrediction: (of('state', 'state on disk', 'MiB') * MIB) / of('state', 'predictions held', ''),
  };
}
