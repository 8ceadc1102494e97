import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PAGE, withRoutes } from './reference.testing.ts';

test('docs/reference/http.md tells of the routes as they are (run inference/http/reference.testing.ts to write it)', async () => {
  const page = readFileSync(PAGE, 'utf8');
  assert.equal(page, await withRoutes(page));
});
