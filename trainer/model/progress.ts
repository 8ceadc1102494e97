// What one epoch of a training came to, and which epoch's weights are kept. Travels from the child to the log, the row, the report and the terminal.

export const METRICS = ['eval_f1', 'eval_f1_min'] as const;
/** eval_f1: weighted F1. eval_f1_min: F1 of the worst category. Both on rows held out of training for this choice. */
export type BestModelMetric = (typeof METRICS)[number];
export const DEFAULT_METRIC: BestModelMetric = 'eval_f1';

/** loss: mean over the epoch's rows, as it was while they were learnt. f1, f1Min: null when no row was held out. seconds: since the training began. */
export type EpochProgress = { readonly epoch: number; readonly epochs: number; readonly loss: number; readonly f1: number | null; readonly f1Min: number | null; readonly seconds: number };

const valueOf = (metric: BestModelMetric, { f1, f1Min }: EpochProgress): number => (metric === 'eval_f1' ? f1 : f1Min) ?? Number.NEGATIVE_INFINITY;

/** The earliest epoch with the highest value; the last one where nothing was held out. undefined without epochs. */
export function bestEpoch(epochs: readonly EpochProgress[], metric: BestModelMetric): EpochProgress | undefined {
  let best: EpochProgress | undefined;
  for (const one of epochs) if (best === undefined || valueOf(metric, one) > valueOf(metric, best)) best = one;
  return best === undefined || valueOf(metric, best) > Number.NEGATIVE_INFINITY ? best : epochs.at(-1);
}

const show = (value: number | null): string => (value === null ? 'absent' : value.toFixed(4));
export const progressLine = ({ epoch, epochs, loss, f1, f1Min }: EpochProgress): string => `epoch ${epoch} of ${epochs}, loss ${loss.toFixed(4)}, F1 ${show(f1)}, worst category ${show(f1Min)}`;
