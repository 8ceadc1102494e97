// The pages, or parts of pages, that are made from code: the reference, and files of examples/ in how-tos. Run this file to write them; a test compares. (docs/reference/http.md is inference's: node inference/http/reference.testing.ts.)
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { PROJECT_DIR } from '../paths.ts';
import { cliPage } from './cli.ts';
import { configurationPage } from './configuration.ts';
import { eventsPage } from './events.ts';
import { faultsPage } from './faults.ts';
import { licencesPage } from './licences.ts';
import { metricsPage } from './metrics.testing.ts';
import { aclTable, between, grantTable } from './rights.ts';
import { withSnippets } from './snippets.ts';
import { sqlPage, type Migration } from './sql.ts';

const read = (file: string): string => readFileSync(join(PROJECT_DIR, file), 'utf8');
const migrations = (): Migration[] => globSync('schemas/sql/*.sql', { cwd: PROJECT_DIR }).sort().map((file) => ({ file: basename(file), sql: read(file) }));
const CLUSTER = 'docs/how-to/run-on-a-cluster.md';
const CLIENTS = 'docs/how-to/feedback-from-python-and-java.md';

/** By the page's place in the project. */
export const writtenPages = async (): Promise<Readonly<Record<string, string>>> => ({
  'docs/reference/cli.md': await cliPage(),
  'docs/reference/configuration.md': configurationPage(),
  'docs/reference/events.md': eventsPage(),
  'docs/reference/faults.md': faultsPage(),
  'docs/reference/licences.md': licencesPage(),
  'docs/reference/metrics.md': await metricsPage(),
  'docs/reference/sql.md': sqlPage(migrations()),
  [CLUSTER]: between(between(read(CLUSTER), 'acls', aclTable()), 'grants', grantTable()),
  [CLIENTS]: withSnippets(read(CLIENTS), read),
});

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) for (const [file, text] of Object.entries(await writtenPages())) writeFileSync(join(PROJECT_DIR, file), text);
