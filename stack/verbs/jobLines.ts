// How jobs look on a terminal. Pure: lines from what the HTTP interface answers.

import { table } from './terminal.ts';

export type JobView = Readonly<Record<string, unknown>>;
const text = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : '-');
const f1 = (value: unknown): string => (typeof value === 'number' ? value.toFixed(4) : '-');
const isList = (value: unknown): value is readonly Readonly<Record<string, unknown>>[] => Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null);
const seconds = (value: unknown): string => (typeof value === 'number' ? `${(value / 1000).toFixed(1)} s` : '-');
/** `2026-11-26T01:02:03.456Z` to the minute. */
const minute = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 16).replace('T', ' ') : '-');

export const hasEnded = (job: JobView): boolean => job['status'] === 'FINISHED' || job['status'] === 'FAILED';
/** A passed gate that waits for an admin does not end by itself soon. */
export const awaitsApproval = (job: JobView): boolean => job['status'] === 'PENDING' && typeof job['outcome_reason'] === 'string';

/** What has happened since `before`, one line each. before: undefined at the first look. */
export function newLines(before: JobView | undefined, job: JobView): string[] {
  const lines: string[] = [];
  if (job['status'] !== before?.['status'] && !hasEnded(job)) lines.push(`${text(job['status']).toLowerCase()}  ${text(job['id'])}`);
  const told = isList(before?.['progress']) ? before['progress'].length : 0;
  const epochs = isList(job['progress']) ? job['progress'] : [];
  if (job['stage'] !== before?.['stage'] && typeof job['stage'] === 'string' && job['stage'] !== 'training') lines.push(`stage  ${job['stage']}`);
  for (const one of epochs.slice(told)) lines.push(`epoch  ${text(one['epoch'])} of ${text(one['epochs'])}  loss ${f1(one['loss'])}  F1 ${f1(one['f1'])}  worst category ${f1(one['f1Min'])}`);
  return lines;
}
/** What it came to. */
export function verdictLines(job: JobView): string[] {
  const version = typeof job['model_version'] === 'string' && job['outcome'] === 'promoted' ? ` as ${job['model_version']}` : '';
  return [
    `${text(job['outcome'] ?? job['status'])}${version}: ${text(job['outcome_reason'])}`,
    ...(typeof job['f1'] === 'number' ? [`F1 ${f1(job['f1'])}, worst category ${f1(job['min_f1'])}; champion ${text(job['champion_version'])} ${f1(job['champion_f1'])}, ${f1(job['champion_min_f1'])}; took ${seconds(job['duration_ms'])}`] : []),
  ];
}

export function runsTable(jobs: readonly JobView[]): string[] {
  if (jobs.length === 0) return ['no runs yet'];
  return table(['requested', 'cause', 'status', 'outcome', 'version', 'F1', 'worst', 'champion F1', 'took', 'run'], jobs.map((job) => [
    minute(job['requested_at']), text(job['cause'] ?? job['kind']), job['status'] === 'RUNNING' && typeof job['stage'] === 'string' ? `RUNNING ${job['stage']}` : text(job['status']), text(job['outcome']), text(job['model_version']),
    f1(job['f1']), f1(job['min_f1']), f1(job['champion_f1']), seconds(job['duration_ms']), text(job['id']),
  ]));
}
/** One run, whole: the short facts first, then everything that has parts of its own as JSON. */
export function runLines(job: JobView): string[] {
  const facts = Object.entries(job).filter(([, value]) => value !== null && typeof value !== 'object');
  const parts = Object.entries(job).filter(([, value]) => value !== null && typeof value === 'object' && Object.keys(value).length > 0);
  const width = Math.max(...facts.map(([name]) => name.length));
  return [...facts.map(([name, value]) => `${name.padEnd(width)}  ${text(value)}`), ...parts.flatMap(([name, value]) => ['', name, ...JSON.stringify(value, null, 2).split('\n').map((line) => `  ${line}`)])];
}
