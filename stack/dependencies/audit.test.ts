// The dependency audit of CI: what npm knows of our runtime dependencies against the exceptions. Where npm cannot ask its registry (offline, or a mirror without that service), it is skipped and says why; exceptions are held to their policy always.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { advisoriesIn, judgeAudit, type Exception } from './audit.ts';

const exceptions = JSON.parse(readFileSync(join(import.meta.dirname, 'exceptions.json'), 'utf8')) as Exception[];
const ASKED_FOR_MS = 30_000;
/** npm exits non-zero when it finds something: what it printed counts. */
const asked = (): Promise<string> => new Promise((resolve) => {
  execFile('npm', ['audit', '--omit=dev', '--json', '--loglevel=silent'], { cwd: PROJECT_DIR, timeout: ASKED_FOR_MS, env: { ...process.env, npm_config_fetch_retries: '0' } }, (_error, stdout) => resolve(stdout));
});

test('no advisory on a runtime dependency that nobody has accepted', async (t) => {
  const advisories = advisoriesIn(await asked());
  if (typeof advisories === 'string') return t.skip(advisories);
  assert.deepEqual(judgeAudit(advisories, exceptions, Date.now(), Date.parse), []);
});
test('the exceptions keep to the policy', () => {
  assert.deepEqual(judgeAudit(undefined, exceptions, Date.now(), Date.parse), []);
});

const NOW = Date.parse('2026-12-01');
const REPORT = JSON.stringify({ vulnerabilities: {
  foo: { via: [{ url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc', severity: 'high', title: 'Foo eats memory' }] },
  bar: { via: ['foo'] },
} });
const GOOD: Exception = { advisory: 'GHSA-aaaa-bbbb-cccc', package: 'foo', reason: 'Only its parser is at fault, which we never call.', until: '2027-01-15' };
const said = (report: string, list: readonly Exception[]): string[] => {
  const found = advisoriesIn(report);
  return judgeAudit(typeof found === 'string' ? undefined : found, list, NOW, Date.parse);
};
test('an advisory is found once, where it stands; accepted it is quiet', () => {
  assert.deepEqual(advisoriesIn(REPORT), [{ id: 'GHSA-aaaa-bbbb-cccc', package: 'foo', severity: 'high', title: 'Foo eats memory' }]);
  assert.match(said(REPORT, []).join(), /^foo: high: Foo eats memory \(GHSA-aaaa-bbbb-cccc\); mend it, or accept it/);
  assert.deepEqual(said(REPORT, [GOOD]), []);
});
for (const [what, change, says] of [
  ['over', { until: '2026-12-01' }, /was good until 2026-12-01/], ['too long', { until: '2027-06-01' }, /more than 90 days away/], ['no date', { until: 'next year' }, /must be a date/],
  ['no reason', { reason: 'fine' }, /why it does not harm us/], ['no advisory', { advisory: 'CVE-1' }, /must name an advisory/], ['another package', { package: 'baz' }, /nobody reports it any more/],
] as const) {
  test(`an exception is refused: ${what}`, () => assert.match(said(REPORT, [{ ...GOOD, ...change }]).join('\n'), says));
}
test('one that is needed no longer is to be removed; a registry that does not answer is told, not taken for a clean bill', () => {
  assert.match(said('{"vulnerabilities":{}}', [GOOD]).join(), /nobody reports it any more/);
  assert.equal(advisoriesIn('{"message":"405 Method Not Allowed"}'), 'npm audit cannot be asked: 405 Method Not Allowed');
  assert.equal(advisoriesIn(''), 'npm audit gave no JSON');
});
