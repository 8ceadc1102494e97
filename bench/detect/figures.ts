// Figures from alarm positions: how often falsely, how soon rightly.
import { quantileOf } from '../bench.ts';
import { rateOf, type Rate } from './poisson.ts';

export const PER_LABELS = 10_000;
/** Alarms while nothing was wrong. alarms: positions per run; labels: of each run. */
export const falseAlarms = (alarms: readonly (readonly number[])[], labels: number): Rate => rateOf(alarms.reduce((sum, one) => sum + one.length, 0), labels * alarms.length, PER_LABELS);

/** Labels from the drop up to and with the alarm; undefined: none came. */
export const delayOf = (alarms: readonly number[], dropAt: number): number | undefined => {
  const first = alarms.find((at) => at >= dropAt);
  return first === undefined ? undefined : first - dropAt + 1;
};
export type Delays = {
  readonly runs: number; readonly detected: number;
  /** Over all runs, one without an alarm being later than any; undefined: there was none. */
  readonly min: number | undefined; readonly median: number | undefined; readonly p90: number | undefined; readonly max: number | undefined;
};
export function delaysOf(alarms: readonly (readonly number[])[], dropAt: number): Delays {
  const delays = alarms.map((one) => delayOf(one, dropAt) ?? Infinity);
  const at = (q: number): number | undefined => {
    const value = quantileOf(delays, q);
    return value === Infinity ? undefined : value;
  };
  return { runs: alarms.length, detected: delays.filter((delay) => delay < Infinity).length, min: at(0), median: at(0.5), p90: at(0.9), max: at(1) };
}
