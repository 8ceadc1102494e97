// The live picture of the demo: facts in, lines out.
export type Picture = {
  readonly elapsedMs: number; readonly phase: string; readonly servingVersion: string | undefined; readonly liveVersion: string | undefined; readonly f1: number | null; readonly band: readonly [number, number] | null; readonly labels: number; readonly minF1: number;
  readonly worst: { readonly category: string; readonly f1: number | null; readonly support: number } | null; readonly evidenceRatio: number; readonly waiting: number | undefined; readonly perSecond: number; readonly freshShare: number; readonly stage: string; readonly failed: number; readonly trail: readonly (number | null)[];
};
const BARS = '▁▂▃▄▅▆▇█';
const WIDTH = 24;
export const clock = (ms: number): string => `${Math.floor(ms / 60_000)}:${String(Math.floor(ms / 1000) % 60).padStart(2, '0')}`;
export const figure = (value: number | null | undefined): string => (value === null || value === undefined ? 'no evidence' : value.toFixed(3));

/** The last values between 0.5 and 1 as bars; a blank where there was no evidence. */
export function sparkline(values: readonly (number | null)[], width: number): string {
  return values.slice(-width).map((value) => (value === null ? ' ' : (BARS[Math.max(0, Math.min(BARS.length - 1, Math.floor(((value - 0.5) / 0.5) * BARS.length)))] ?? ' '))).join('');
}
export function bar(ratio: number, width: number): string {
  const full = Math.round(Math.max(0, Math.min(1, ratio)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
/** Evidence grows by multiplication: on a log scale from 1 to the alarm it moves evenly. */
export const evidenceBar = (ratio: number, alarmAt: number): number => (ratio <= 0 ? 0 : Math.max(0, 1 + Math.log(ratio) / Math.log(alarmAt)));

export function render(picture: Picture, alarmAt: number): string[] {
  const { f1, band, worst } = picture;
  return [
    `  ${clock(picture.elapsedMs)}  ${picture.phase}`,
    '',
    `  model      ${picture.servingVersion ?? 'none'} serves`,
    `  live F1    ${figure(f1)}${band === null ? '' : `  [${band[0].toFixed(3)} … ${band[1].toFixed(3)}]`}   ${picture.labels} labels of ${picture.liveVersion ?? '-'}   threshold ${picture.minF1}`,
    `             ${sparkline(picture.trail, 60)}`,
    `  worst      ${worst === null ? 'no evidence' : `${worst.category}  ${figure(worst.f1)} of ${worst.support} labels`}`,
    `  evidence   ${bar(evidenceBar(picture.evidenceRatio, alarmAt), WIDTH)}  ${picture.evidenceRatio >= 0.001 ? picture.evidenceRatio.toFixed(3) : picture.evidenceRatio.toExponential(1)} of an alarm`,
    `  stream     ${picture.perSecond.toFixed(0)} events/s   ${(picture.freshShare * 100).toFixed(0)} % new product families   ${picture.waiting ?? '?'} predictions wait for a label   ${picture.failed} failed requests`,
    `  episode    ${picture.stage}`,
  ];
}
export function plainLine(picture: Picture): string {
  return `${clock(picture.elapsedMs)}  ${picture.phase.padEnd(11)} ${picture.servingVersion ?? 'none'} serves  F1 ${figure(picture.f1)}${picture.band === null ? '' : ` [${picture.band[0].toFixed(3)}, ${picture.band[1].toFixed(3)}]`} of ${picture.labels} ${picture.liveVersion ?? ''} labels  evidence ${picture.evidenceRatio.toPrecision(2)}  new families ${(picture.freshShare * 100).toFixed(0)} %  waiting ${picture.waiting ?? '?'}  ${picture.perSecond.toFixed(0)} events/s  ${picture.stage}`;
}
