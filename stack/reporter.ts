// How tests look while they run: one line per file, slow tests by name, failures in full, skips with their reason; last the counts, for stack/tests.ts.
type Details = { readonly duration_ms: number; readonly type?: string; readonly error?: Error };
type Finished = { readonly name: string; readonly nesting: number; readonly file?: string; readonly details: Details; readonly skip?: string | boolean; readonly todo?: string | boolean };
type Summary = { readonly file?: string; readonly duration_ms: number; readonly counts: { readonly passed: number; readonly failed: number; readonly cancelled: number; readonly skipped: number; readonly todo: number } };
export type TestEvent = { readonly type: 'test:pass' | 'test:fail'; readonly data: Finished } | { readonly type: 'test:summary'; readonly data: Summary } | { readonly type: 'test:stdout' | 'test:stderr'; readonly data: { readonly message: string } };

export const COUNTS_MARK = '@counts ';
const SLOW_MS = 2000;
const inSeconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
const local = (file: string | undefined): string => (file ?? '').replace(`${process.cwd()}/`, '');

/** What one event prints, or undefined. */
export function lineOf(event: TestEvent): string | undefined {
  switch (event.type) {
    case 'test:pass': {
      const { name, skip, todo, details, file } = event.data;
      if (skip !== undefined && skip !== false) return `  skipped  ${local(file)}: ${name} (${typeof skip === 'string' && skip !== '' ? skip : 'NO REASON GIVEN'})`;
      if (todo !== undefined && todo !== false) return `  todo     ${local(file)}: ${name} (${typeof todo === 'string' ? todo : ''})`;
      return details.duration_ms >= SLOW_MS && details.type !== 'suite' ? `  ok       ${name} (${inSeconds(details.duration_ms)})` : undefined;
    }
    case 'test:fail': {
      const { name, file, details } = event.data;
      const cause = details.error?.cause;
      if (details.error !== undefined && /subtests? failed/.test(details.error.message)) return undefined;
      const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause ?? details.error?.message ?? '');
      return `  FAILED   ${local(file)}: ${name}\n${why.split('\n').slice(0, 40).map((line) => `           ${line}`).join('\n')}`;
    }
    case 'test:summary': {
      const { file, counts, duration_ms } = event.data;
      const bad = counts.failed + counts.cancelled;
      if (file === undefined) return `${COUNTS_MARK}${JSON.stringify({ passed: counts.passed, failed: bad, skipped: counts.skipped + counts.todo })}`;
      return `${bad === 0 ? 'ok    ' : 'FAILED'}  ${local(file)}  ${counts.passed} passed${bad === 0 ? '' : `, ${bad} failed`}${counts.skipped === 0 ? '' : `, ${counts.skipped} skipped`} (${inSeconds(duration_ms)})`;
    }
    case 'test:stdout':
    case 'test:stderr':
      return event.data.message.replace(/\n$/, '');
    default:
      return undefined;
  }
}

// node:test takes a reporter as the default export; no other file of ours has one.
export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of source) {
    const line = lineOf(event);
    if (line !== undefined) yield `${line}\n`;
  }
}
