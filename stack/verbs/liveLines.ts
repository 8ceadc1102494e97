// The live figures as lines of a terminal. Pure: made of what GET /v1/live answers.
import { ago, bar, harmless, table } from './terminal.ts';

type Band = readonly [number, number] | null;
type ClassView = { readonly category: string; readonly f1: number | null; readonly support: number; readonly band: Band };
export type LiveVersion = {
  readonly model_version: string; readonly status: string; readonly status_since: number; readonly reasons: readonly string[]; readonly labels: number; readonly labels_total: number; readonly weighted_f1: number | null; readonly band: Band; readonly macro_f1: number | null;
  readonly classes: readonly ClassView[]; readonly threshold: number; readonly evidence: { readonly ratio: number; readonly labels_since_last_alarm: number }; readonly resting: boolean; readonly pending: boolean; readonly last_labelled_at: number;
};
export type LiveBody = {
  readonly serving: { readonly model_version: string; readonly promotion_seq: number } | null; readonly live: { readonly models: readonly LiveVersion[] };
  readonly join?: { readonly coverage: number | null; readonly waiting: number | null; readonly label_delay_seconds: { readonly p50: number; readonly p90: number } | null } | null;
};
const BAR = 30;
const f1 = (value: number | null): string => (value === null ? '-' : value.toFixed(4));
const bandOf = (band: Band): string => (band === null ? '' : `${band[0].toFixed(4)} to ${band[1].toFixed(4)}`);
/** Evidence grows by factors: 1 is the alarm, a hundredth of it the left end. */
export const evidenceShare = (ratio: number): number => (ratio <= 0 ? 0 : 1 + Math.log10(ratio) / 2);

function versionLines({ model_version, status, status_since, reasons, labels, labels_total, weighted_f1, band, macro_f1, classes, threshold, evidence, resting, pending, last_labelled_at }: LiveVersion, nowMs: number): string[] {
  return [
    `${model_version}  ${status}${status_since > 0 ? ` for ${ago(nowMs - status_since)}` : ''}${resting ? ', resting after an alarm' : ''}${pending ? ', an alarm waits for the daily cap' : ''}`,
    `  F1        ${f1(weighted_f1)}  ${bandOf(band)}  threshold ${threshold}, macro ${f1(macro_f1)}, of ${labels} labels (${labels_total} in all${last_labelled_at > 0 ? `, the last ${ago(nowMs - last_labelled_at)} ago` : ''})`,
    `  evidence  ${bar(evidenceShare(evidence.ratio), BAR)}  ${evidence.ratio < 0.001 ? '< 0.001' : evidence.ratio.toFixed(3)} of an alarm, after ${evidence.labels_since_last_alarm} labels`,
    ...reasons.map((reason) => `  ${harmless(reason)}`),
    ...(classes.length === 0 ? [] : table(['  category', 'F1', '', 'band', 'support'], classes.map((one) => [`  ${harmless(one.category)}`, f1(one.f1), bar(one.f1 ?? 0, BAR), bandOf(one.band), String(one.support)]))),
  ];
}
/** The version that serves first, then the others by their last label. */
export function liveLines({ serving, live, join }: LiveBody, nowMs: number): string[] {
  const delay = join?.label_delay_seconds;
  const facts = [join?.coverage == null ? '' : `coverage ${(join.coverage * 100).toFixed(1)} %`, join?.waiting == null ? '' : `${join.waiting} without a label`, delay == null ? '' : `label delay ${ago(delay.p50 * 1000)} (median), ${ago(delay.p90 * 1000)} (9 of 10)`].filter((one) => one !== '');
  const versions = [...live.models].sort((a, b) => Number(b.model_version === serving?.model_version) - Number(a.model_version === serving?.model_version) || b.last_labelled_at - a.last_labelled_at);
  return [
    serving === null ? 'no model serves yet' : `${serving.model_version} serves (promotion ${serving.promotion_seq})${facts.length === 0 ? '' : `; ${facts.join(', ')}`}`,
    ...(versions.length === 0 ? ['no label has come yet'] : versions.flatMap((one) => ['', ...versionLines(one, nowMs)])),
  ];
}
