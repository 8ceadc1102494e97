// From figures to places in a picture, and the marks of an axis.
export type Scale = (value: number) => number;
const rounded = (value: number): number => Math.round(value * 10) / 10;

export function linear([from, to]: readonly [number, number], [start, end]: readonly [number, number]): Scale {
  const span = to - from || 1;
  return (value) => rounded(start + ((value - from) / span) * (end - start));
}
/** What is below the lowest value lies at the start. */
export function log([from, to]: readonly [number, number], range: readonly [number, number]): Scale {
  const inner = linear([Math.log10(from), Math.log10(to)], range);
  return (value) => inner(Math.log10(Math.min(to, Math.max(from, value))));
}

/** Round marks from `from` to `to`, about `about` of them. */
export function ticks(from: number, to: number, about: number): number[] {
  const rough = (to - from) / about;
  if (!(rough > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((one) => one * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  return Array.from({ length: Math.floor(to / step + 1e-9) - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}
/** Powers of ten from `from` to `to`. */
export function powers(from: number, to: number): number[] {
  const first = Math.ceil(Math.log10(from) - 1e-9);
  return Array.from({ length: Math.floor(Math.log10(to) + 1e-9) - first + 1 }, (_, i) => 10 ** (first + i));
}
const SECOND = 1000;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000].map((seconds) => seconds * SECOND);
/** Marks on a time axis at round times of UTC, at most `most`. */
export function timeTicks(from: number, to: number, most: number): { readonly stepMs: number; readonly at: readonly number[] } {
  const stepMs = TIME_STEPS.find((step) => (to - from) / step <= most) ?? Math.ceil((to - from) / most);
  const first = Math.ceil(from / stepMs);
  return { stepMs, at: Array.from({ length: Math.max(0, Math.floor(to / stepMs) - first + 1) }, (_, i) => (first + i) * stepMs) };
}

/** An SVG path through points; a gap starts it anew. */
export const pathOf = (runs: readonly (readonly (readonly [number, number])[])[]): string => runs.filter((run) => run.length > 0).map((run) => `M${run.map(([x, y]) => `${x} ${y}`).join('L')}`).join('');
