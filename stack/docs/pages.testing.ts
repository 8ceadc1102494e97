// Every page a reader may come to, for the tests that hold them.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_DIR } from '../paths.ts';
import { parsePage, type Page } from './markdown.ts';

export const PAGE_FILES: readonly string[] = ['README.md', 'ARCHITECTURE.md', ...globSync('docs/**/*.md', { cwd: PROJECT_DIR }).sort()];
export const readPage = (file: string): Page => parsePage(readFileSync(join(PROJECT_DIR, file), 'utf8'));
