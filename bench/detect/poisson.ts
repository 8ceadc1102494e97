// How sure a count of rare events is: the exact interval of Garwood (1936), from quantiles of the gamma distribution.

const LANCZOS = [76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2, -0.5395239384953e-5] as const;
/** ln Γ(x), x > 0; Lanczos, relative error below 2e-10. */
function lnGamma(x: number): number {
  const shifted = x + 5.5;
  const sum = LANCZOS.reduce((series, coefficient, i) => series + coefficient / (x + 1 + i), 1.000000000190015);
  return (x + 0.5) * Math.log(shifted) - shifted + Math.log((2.5066282746310005 * sum) / x);
}

const STEPS = 10_000;
const TINY = 1e-15;
/** The share of a gamma distribution (shape a, scale 1) below x: a series below the mean, a continued fraction (Lentz) above it. */
export function gammaShareBelow(a: number, x: number): number {
  if (x <= 0) return 0;
  const front = Math.exp(a * Math.log(x) - x - lnGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < STEPS && term > sum * TINY; n += 1) sum += term *= x / (a + n);
    return front * sum;
  }
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n < STEPS; n += 1) {
    const step = -n * (n - a);
    b += 2;
    d = 1 / (step * d + b);
    c = b + step / c;
    fraction *= c * d;
    if (Math.abs(c * d - 1) < TINY) break;
  }
  return 1 - front * fraction;
}

/** The x below which a share of a gamma distribution (shape a, scale 1) lies; half the chi-square quantile with 2a degrees of freedom. */
export function gammaQuantile(share: number, a: number): number {
  let low = 0;
  let high = a + 1;
  while (gammaShareBelow(a, high) < share) high *= 2;
  for (let i = 0; i < 100 && high - low > 1e-12 * high; i += 1) {
    const middle = (low + high) / 2;
    if (gammaShareBelow(a, middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

export type Rate = { readonly events: number; readonly low: number; readonly rate: number; readonly high: number };
/** Events per `per` units after `events` in `exposure` units, with the exact 95 % interval for a Poisson count. */
export function rateOf(events: number, exposure: number, per: number): Rate {
  const unit = per / exposure;
  return { events, low: events === 0 ? 0 : gammaQuantile(0.025, events) * unit, rate: events * unit, high: gammaQuantile(0.975, events + 1) * unit };
}
