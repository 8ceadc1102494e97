// Evidence towards the alarm on a logarithmic axis: the joint statistic and each detector, from nothing to the alarm and beyond.
import { linear, log, pathOf, powers } from './scale.ts';
import type { Version } from './wire.ts';

export const LEAST = 0.01;
const BEYOND = 3;
/** The axis: from LEAST to a little beyond the alarm. */
export const domainOf = (alarmAt: number): readonly [number, number] => [LEAST, Math.max(alarmAt, 1) * BEYOND];

export type EvidenceBar = { readonly name: string; readonly value: number; /** of the axis, 0 to 1 */ readonly share: number };
export type EvidenceBars = { readonly bars: readonly EvidenceBar[]; readonly alarm: number; readonly marks: readonly { readonly value: number; readonly share: number }[] };
const NAMES: Readonly<Record<string, string>> = { weighted: 'weighted F1', accuracy: 'accuracy' };
const nameOf = (detector: string): string => NAMES[detector] ?? detector.replace(/^category:/, '');
/** The joint statistic first, then each detector; where there is one only, it is the joint one. */
export function evidenceBars({ statistic, alarm_at, detectors }: Version['evidence']): EvidenceBars {
  const domain = domainOf(alarm_at);
  const fine = (value: number): number => Math.round(log(domain, [0, 1000])(value)) / 1000;
  const each = Object.entries(detectors).map(([name, value]) => ({ name: nameOf(name), value }));
  const shown = each.length === 1 ? each : [{ name: 'all together', value: statistic }, ...each];
  return {
    bars: shown.map((one) => ({ ...one, share: one.value <= 0 ? 0 : fine(one.value) })), alarm: fine(alarm_at),
    marks: powers(...domain).filter((value) => Math.round(Math.log10(value)) % 2 === 0).map((value) => ({ value, share: fine(value) })),
  };
}

/** atMs and the statistic then, of one version; what this page has seen. */
export type Seen = { readonly atMs: number; readonly version: string; readonly value: number };
const KEPT = 600;
/** An unchanged figure moves the last point instead of adding one: the line keeps its corners. */
export function remember(seen: readonly Seen[], next: Seen): readonly Seen[] {
  const [last, before] = [seen.at(-1), seen.at(-2)];
  const flat = last !== undefined && before !== undefined && last.version === next.version && before.version === next.version && last.value === next.value && before.value === next.value;
  return [...(flat ? seen.slice(0, -1) : seen), next].slice(-KEPT);
}
export type EvidenceLine = { readonly line: string; readonly alarmY: number; readonly yTicks: readonly { readonly value: number; readonly y: number }[]; readonly fromMs: number; readonly toMs: number };
/** undefined: fewer than two moments have been seen. */
export function evidenceLine(seen: readonly Seen[], version: string, alarmAt: number, box: { readonly left: number; readonly right: number; readonly top: number; readonly bottom: number }): EvidenceLine | undefined {
  const own = seen.filter((one) => one.version === version);
  const [first, last] = [own[0], own.at(-1)];
  if (first === undefined || last === undefined || first.atMs === last.atMs) return undefined;
  const domain = domainOf(alarmAt);
  const x = linear([first.atMs, last.atMs], [box.left, box.right]);
  const y = log(domain, [box.bottom, box.top]);
  return { line: pathOf([own.map((one) => [x(one.atMs), y(one.value)] as const)]), alarmY: y(alarmAt), yTicks: powers(...domain).filter((value) => Math.round(Math.log10(value)) % 2 === 0).map((value) => ({ value, y: y(value) })), fromMs: first.atMs, toMs: last.atMs };
}
