// How quickly labels come, and since when a day counts.
const WINDOW_MS = 60_000;
const LEAST_MS = 5000;

/** Labels a minute over the last minute; undefined: too few to say. */
export function pace(atMs: readonly number[], nowMs: number): number | undefined {
  const recent = atMs.filter((one) => nowMs - one < WINDOW_MS);
  const [first] = recent;
  if (first === undefined || recent.length < 3) return undefined;
  return Math.round((recent.length / Math.max(LEAST_MS, nowMs - first)) * 60_000);
}
/** The last midnight of the person's clock. offsetMinutes: as Date tells it, UTC less local time. */
export function midnightBefore(nowMs: number, offsetMinutes: number): number {
  const offset = offsetMinutes * 60_000;
  return Math.floor((nowMs - offset) / 86_400_000) * 86_400_000 + offset;
}
