// Probabilities that mean what they say: the temperature of softmax(T z), and how far the stated confidence is from the share that is right.

/** z: scores per category, up to a constant of its own per row. label: index of the true category. */
export type Scores = { readonly z: readonly number[]; readonly label: number };

/** Temperature that minimises the negative log-likelihood of softmax(T z) on held-out rows, by golden section over [0.25, 16]. 1 without rows. */
export function fitTemperature(rows: readonly Scores[]): number {
  if (rows.length === 0) return 1;
  const loss = (temperature: number): number => rows.reduce((sum, { z, label }) => {
    const peak = Math.max(...z);
    return sum - temperature * ((z[label] ?? 0) - peak) + Math.log(z.reduce((total, value) => total + Math.exp(temperature * (value - peak)), 0));
  }, 0);
  const golden = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [Math.log(0.25), Math.log(16)];
  for (let i = 0; i < 40; i += 1) {
    const left = high - golden * (high - low);
    const right = low + golden * (high - low);
    if (loss(Math.exp(left)) < loss(Math.exp(right))) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}

const BINS = 15;
/** Expected calibration error: over 15 equal bins of the highest probability, |mean probability − share right| weighed by rows. undefined without rows. */
export function calibrationError(rows: readonly { readonly confidence: number; readonly right: boolean }[]): number | undefined {
  if (rows.length === 0) return undefined;
  const gaps = new Array<number>(BINS).fill(0);
  for (const { confidence, right } of rows) {
    const bin = Math.min(BINS - 1, Math.floor(confidence * BINS));
    gaps[bin] = (gaps[bin] ?? 0) + confidence - (right ? 1 : 0);
  }
  return gaps.reduce((sum, gap) => sum + Math.abs(gap), 0) / rows.length;
}
