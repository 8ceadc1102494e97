// A token bucket: so many a second, and one second's worth at once. A few additions and multiplications per request, two numbers per caller.
export type Bucket = { level: number; atMs: number };

export const fullBucket = (perSecond: number, nowMs: number): Bucket => ({ level: Math.max(1, perSecond), atMs: nowMs });

/** Takes `cost` and gives 0, or takes nothing and gives the milliseconds to wait. One that costs more than a full bucket is let through a full one, and those after it wait for it. */
export function take(bucket: Bucket, nowMs: number, perSecond: number, cost = 1): number {
  const full = Math.max(1, perSecond);
  // A clock that is set back must not take away what was there.
  const since = Math.max(0, nowMs - bucket.atMs);
  bucket.level = Math.min(full, bucket.level + (since * perSecond) / 1000);
  bucket.atMs = nowMs;
  const needed = Math.min(cost, full);
  // A ten-thousandth: sums of fractions must not make somebody wait who waited as long as he was told.
  if (bucket.level + 1e-4 >= needed) {
    bucket.level -= cost;
    return 0;
  }
  return Math.ceil(((needed - bucket.level) * 1000) / perSecond);
}
