// Every page a reader may come to, for the tests that hold them, and how their commands are run.
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { PROJECT_DIR } from '../paths.ts';
import { parsePage, type Page } from './markdown.ts';

const SHELVES = ['', 'tutorial/', 'how-to/', 'reference/', 'explanation/'];
/** In the order in which a reader comes to them; commands of a later page may count on labels that an earlier one has given. */
export const PAGE_FILES: readonly string[] = ['README.md', 'ARCHITECTURE.md', ...SHELVES.flatMap((shelf) => globSync(`docs/${shelf}*.md`, { cwd: PROJECT_DIR }).sort())];
export const readPage = (file: string): Page => parsePage(readFileSync(join(PROJECT_DIR, file), 'utf8'));

/** Runs a page's program in the project's folder; rejects with its last lines, the block that failed among them. */
export function runPage(script: string, env: Readonly<Record<string, string | undefined>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-c', script], { cwd: PROJECT_DIR, env: { ...env, PATH: `${dirname(process.execPath)}:${env['PATH'] ?? ''}` }, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => (code === 0 ? resolve() : reject(new Error(`ended with ${signal ?? code}:\n${said.split('\n').slice(-40).join('\n')}`))));
  });
}
