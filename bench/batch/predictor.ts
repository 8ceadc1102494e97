// The predictor alone: one process, one core, from text to probabilities. Arguments: manifest, its SHA-256, rows; texts come from the file named last, one a line. Prints rows per second.
import { readFileSync } from 'node:fs';
import { createReadObject, sha256 } from '../../consumers/objects.ts';
import { readManifest, readScorer, weightsUriOf } from '../../schemas/load.ts';
import { readSettings } from '../../schemas/settings.ts';

const [manifestUri = '', manifestSha256 = '', count = '', file = ''] = process.argv.slice(2);
const read = createReadObject(readSettings(process.env));
const manifest = readManifest(manifestUri, await read(manifestUri), manifestSha256, sha256);
const score = readScorer('bench', manifest, await read(weightsUriOf(manifestUri, manifest)), sha256);
const texts = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');
const rows = Number(count);
// Compiled before it is measured.
for (const text of texts.slice(0, 5000)) score(text);
const began = performance.now();
for (let i = 0; i < rows; i += 1) score(texts[i % texts.length] ?? '');
console.log(JSON.stringify({ perSecond: (1000 * rows) / (performance.now() - began) }));
