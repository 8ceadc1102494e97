// How a figure of a process moves over time. A process that was started again begins a new series; series share one slope, each has a level of its own.
export type Sample = { readonly atMs: number; /** tells one life of a process from the next */ readonly pid: number; readonly value: number };
export type Slope = {
  /** Units a minute, by least squares. */
  readonly perMinute: number;
  /** Half of a 95 % band, as if each half minute were one observation: samples close together say the same. */
  readonly plusMinus: number;
  /** Together, without the warm-ups. */
  readonly minutes: number;
  readonly first: number; readonly last: number;
};
const MINUTE_MS = 60_000;
const INDEPENDENT_MS = 30_000;

/** The samples of each life without its first `warmUpMs`, oldest first. */
export function warmSeries(samples: readonly Sample[], warmUpMs: number): Sample[][] {
  return [...Map.groupBy(samples, ({ pid }) => pid).values()].map((life) => {
    const born = life[0]?.atMs ?? 0;
    return life.filter(({ atMs }) => atMs - born >= warmUpMs);
  }).filter((life) => life.length > 1);
}
const mean = (list: readonly number[]): number => list.reduce((sum, one) => sum + one, 0) / list.length;

/** undefined: no life was long enough to leave two samples. */
export function slopeOf(samples: readonly Sample[], warmUpMs: number): Slope | undefined {
  const lives = warmSeries(samples, warmUpMs);
  if (lives.length === 0) return undefined;
  let [spread, common, squares, count, spanMs] = [0, 0, 0, 0, 0];
  const centred = lives.flatMap((life) => {
    const [time, level] = [mean(life.map(({ atMs }) => atMs)), mean(life.map(({ value }) => value))];
    spanMs += (life.at(-1)?.atMs ?? 0) - (life[0]?.atMs ?? 0);
    return life.map(({ atMs, value }) => [(atMs - time) / MINUTE_MS, value - level] as const);
  });
  for (const [x, y] of centred) {
    spread += x * x;
    common += x * y;
    count += 1;
  }
  if (spread === 0) return undefined;
  const perMinute = common / spread;
  for (const [x, y] of centred) squares += (y - perMinute * x) ** 2;
  const independent = Math.max(3, Math.floor(spanMs / INDEPENDENT_MS));
  // Of so many samples only `independent` count: the spread shrinks with them.
  const error = Math.sqrt(squares / count / (spread * (independent / count)));
  return { perMinute, plusMinus: 1.96 * error, minutes: spanMs / MINUTE_MS, first: lives[0]?.[0]?.value ?? 0, last: lives.at(-1)?.at(-1)?.value ?? 0 };
}

/** How much the lower quartile of a life's last third lies above that of its first: what is taken and given back moves no floor, what is never given back does. The worst life counts. undefined: none was long enough. */
export function floorRise(samples: readonly Sample[], warmUpMs: number, minMs: number): number | undefined {
  const rises = warmSeries(samples, warmUpMs).flatMap((life) => {
    const [from, to] = [life[0]?.atMs ?? 0, life.at(-1)?.atMs ?? 0];
    if (to - from < minMs) return [];
    // Not the lowest of all: an outage in the first third would make it too low for the last.
    const floor = (list: readonly Sample[]): number => list.map(({ value }) => value).sort((a, b) => a - b)[Math.floor(list.length / 4)] ?? 0;
    const third = (to - from) / 3;
    return [floor(life.filter(({ atMs }) => atMs >= to - third)) - floor(life.filter(({ atMs }) => atMs <= from + third))];
  });
  return rises.length === 0 ? undefined : Math.max(...rises);
}
