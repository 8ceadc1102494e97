// Ours, as the trainer trains: arguments are backend, folder of tfjs-node, job file, seed. One line of JSON.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DEFAULT_RECIPE } from '../../schemas/features.ts';
import { sparseWeights } from '../../schemas/weights.ts';
import { readSettings } from '../../schemas/settings.ts';
import { startBackend } from '../../trainer/model/backend.ts';
import { learn } from '../../trainer/model/learn.ts';
import { DEFAULT_METRIC } from '../../trainer/model/progress.ts';
import type { JobFile, Told } from './contender.ts';

const [choice = '', nativeHome = '', jobFile = '', seed = ''] = process.argv.slice(2);
const { texts, labels, train, test } = JSON.parse(readFileSync(jobFile, 'utf8')) as JobFile;
const categories = [...new Set(labels)].sort();
const rows = train.map((i) => ({ text: texts[i] ?? '', label: categories.indexOf(labels[i] ?? ''), weight: 1 }));
const backend = await startBackend({ choice: choice === 'node' ? 'node' : 'wasm', nativeHomes: [nativeHome] });

// The backend is started once per process and not part of a training; texts to features are.
const [began, cpu] = [performance.now(), process.cpuUsage()];
const learnt = await learn(rows, { categories, recipe: DEFAULT_RECIPE, epochs: readSettings({}).epochs, metric: DEFAULT_METRIC, seed: Number(seed), cache: new Map(), nowMs: () => performance.now() });
const trainSeconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpu);

const testTexts = test.map((i) => texts[i] ?? '');
for (const text of testTexts.slice(0, 2000)) learnt.score(text);
const asked = performance.now();
const scored = testTexts.map((text) => learnt.score(text));
const predictionsPerSecond = testTexts.length / ((performance.now() - asked) / 1000);
const { bytes } = sparseWeights(learnt.weights, categories.length);
const told: Told = {
  predicted: scored.map(({ category }) => category), confidence: scored.map(({ probabilities }) => Math.max(...probabilities)), trainSeconds, trainCpuSeconds: (user + system) / 1e6, peakRssBytes: process.resourceUsage().maxRSS * 1024,
  modelBytes: bytes.length, predictionsPerSecond, sha256: createHash('sha256').update(bytes).digest('hex'), versions: Object.entries(backend.libraryVersions).map(([name, version]) => `${name} ${version}`).join(', '),
};
console.log(JSON.stringify(told));
