// What is served is complete and small: every module that another imports stands in the list, nothing stands there in vain, and all of it together is a light page.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { readPages } from '../http/pages.ts';
import { CONSOLE_FILES } from './files.ts';

const HERE = import.meta.dirname;
const TYPES_ONLY = new Set(['rules/wire.ts']);
const modules = ['rules', 'dom'].flatMap((folder) => readdirSync(join(HERE, folder)).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts')).map((file) => `${folder}/${file}`));
const MOST_BYTES = 60_000;

test('every module is in the list, and types alone are not', () => {
  assert.deepEqual(CONSOLE_FILES.filter((file) => file.endsWith('.ts')).toSorted(), modules.filter((file) => !TYPES_ONLY.has(file)).toSorted());
});
test('every import of a page is served; rules import no page', () => {
  for (const file of modules) for (const [, clause = '', from = ''] of readFileSync(join(HERE, file), 'utf8').matchAll(/^import (.*?)from '(.*)';$/gm)) {
    const target = normalize(join(dirname(file), from));
    if (!clause.startsWith('type ')) assert.ok(CONSOLE_FILES.includes(target), `${file} imports ${target}`);
    if (file.startsWith('rules/')) assert.ok(target.startsWith('rules/'), `${file} imports ${target}`);
  }
});
test(`all of it together is less than ${MOST_BYTES} bytes on the wire`, (t) => {
  const pages = readPages(HERE, CONSOLE_FILES);
  const sum = (encoding: 'br' | 'gzip'): number => [...pages.values()].reduce((total, { bytes }) => total + bytes[encoding].length, 0);
  t.diagnostic(`${pages.size} files, ${sum('br')} bytes by brotli, ${sum('gzip')} by gzip`);
  assert.ok(sum('gzip') < MOST_BYTES);
});
