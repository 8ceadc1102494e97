// How a batch job looks on a terminal. Pure: lines from what the HTTP interface answers.
import type { JobView } from './jobLines.ts';

const text = (value: unknown): string => (typeof value === 'string' ? value : '-');
const count = (value: unknown): string => (typeof value === 'number' ? Math.round(value).toLocaleString('en-US') : '?');
const isSome = (value: unknown): value is number => typeof value === 'number' && value > 0;

/** What has happened since `before`, one line each. before: undefined at the first look. */
export function batchNews(before: JobView | undefined, job: JobView): string[] {
  const lines: string[] = [];
  if (job['status'] !== before?.['status'] && (job['status'] === 'PENDING' || job['status'] === 'RUNNING')) lines.push(`${job['status'].toLowerCase()}  ${text(job['id'])}`);
  if (job['status'] === 'RUNNING' && isSome(job['rows_done']) && job['rows_done'] !== before?.['rows_done']) lines.push(`rows  ${count(job['rows_done'])} of ${count(job['rows_total'])}, ${count(job['rows_per_second'])}/s`);
  return lines;
}
/** What it came to, and where the result is. */
export function batchVerdict(job: JobView): string[] {
  const took = typeof job['duration_ms'] === 'number' ? ` in ${(job['duration_ms'] / 1000).toFixed(1)} s` : '';
  switch (job['job_status']) {
    case 'STATUS_FINISHED': return [
      `predicted: ${count(job['rows_total'])} rows by ${text(job['model_version'])}${took}${isSome(job['rows_bad']) ? `, ${count(job['rows_bad'])} of them set aside: ${text(job['set_aside_s3'])}` : ''}`,
      ...(isSome(job['rows_verified']) && typeof job['f1'] === 'number' && typeof job['min_f1'] === 'number' ? [`verified: ${count(job['rows_verified'])} rows, fed back; F1 on them ${job['f1'].toFixed(4)}, worst category ${job['min_f1'].toFixed(4)}; ${text(job['verified_subset_s3'])}`] : []),
      `output: ${text(job['output_file_s3'])}`,
    ];
    case 'STATUS_CANCELLED': return [`cancelled: ${text(job['outcome_reason'])}`];
    default: return [`failed: ${text(job['outcome_reason'])}`];
  }
}
