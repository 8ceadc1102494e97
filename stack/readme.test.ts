import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from './paths.ts';
import { withGenerated } from './readme.ts';

test('the settings table and the snippets in README.md are those of the code (node stack/readme.ts writes them)', () => {
  const readme = readFileSync(join(PROJECT_DIR, 'README.md'), 'utf8');
  assert.equal(readme, withGenerated(readme));
});
