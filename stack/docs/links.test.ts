// Every relative link, anchor and image of our pages leads somewhere; and the check is shown to bite.
import assert from 'node:assert/strict';
import { existsSync, globSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { faultOf, type Target } from './links.ts';
import { anchorOf, parsePage } from './markdown.ts';
import { PAGE_FILES, readPage } from './pages.testing.ts';

function lookUp(file: string): Target {
  const path = join(PROJECT_DIR, file);
  if (!existsSync(path)) return { status: 'missing' };
  return file.endsWith('.md') && statSync(path).isFile() ? { status: 'page', anchors: readPage(file).anchors } : { status: 'file' };
}

test('every link of README.md, ARCHITECTURE.md and docs/ resolves, with its anchor; images exist', () => {
  const faults = PAGE_FILES.flatMap((file) => readPage(file).links.flatMap((link) => faultOf(file, link, lookUp) ?? []));
  assert.deepEqual(faults, []);
});
test('every page of docs/ is on a shelf, and in docs/README.md', () => {
  assert.deepEqual(globSync('docs/**/*.md', { cwd: PROJECT_DIR }).filter((file) => !PAGE_FILES.includes(file)), []);
  const listed = new Set(readPage('docs/README.md').links.map(({ target }) => `docs/${target}`));
  assert.deepEqual(PAGE_FILES.filter((file) => file.startsWith('docs/') && file !== 'docs/README.md' && !listed.has(file)), []);
});
test('what is wrong with a link is told: no file, no heading, out of the project, an anchor of a picture', () => {
  const known: Record<string, Target> = { 'docs/a/b.md': { status: 'page', anchors: new Set(['one-two', 'x']) }, 'docs/b.svg': { status: 'file' } };
  const fault = (target: string): string => faultOf('docs/a/b.md', { line: 7, target }, (file) => known[file] ?? { status: 'missing' }) ?? '';
  for (const good of ['#x', 'b.md', '../a/b.md#one-two', '../b.svg', 'https://example.org/x#y', 'mailto:a@example.org']) assert.equal(fault(good), '', good);
  for (const [bad, why] of [['c.md', /docs\/a\/c\.md, which is not there/], ['#y', /no heading .* #one-two #x/], ['../../../etc', /out of the project/], ['/docs/b.svg', /out of the project/], ['../b.svg#x', /has no headings/]] as const) assert.match(fault(bad), why);
  assert.match(fault('c.md'), /^docs\/a\/b\.md:7: /);
});
test('pages are read as GitHub reads them: anchors, doubled headings, nothing in code', () => {
  const page = parsePage('# A `b` & C\n## Twice\n## Twice\n[x](y.md) `[no](no.md)` ![i](i.png "t")\n```sh no-test: why\n# not a heading\n[no](no.md)\n```\n<img alt="" src="j.png">');
  assert.deepEqual([...page.anchors], ['a-b--c', 'twice', 'twice-1']);
  assert.deepEqual(page.links.map(({ line, target }) => [line, target]), [[4, 'y.md'], [4, 'i.png'], [9, 'j.png']]);
  assert.deepEqual(page.blocks, [{ line: 5, language: 'sh', note: 'no-test: why', code: '# not a heading\n[no](no.md)' }]);
  assert.deepEqual(page.codes, [{ line: 1, code: 'b' }, { line: 4, code: '[no](no.md)' }]);
  assert.equal(anchorOf('Which threshold? Ask the past'), 'which-threshold-ask-the-past');
  assert.throws(() => parsePage('text\n```sh\nnever'), /line 2: this fence is never closed/);
});
