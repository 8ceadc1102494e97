// ./loop test --long gate: how often the gate is right. Seeded tries on 5,000 rows with the words-only recipe: the champion knows no new product families, then 500 labelled products of new families come.
// GATE_DATASET=FILE.csv: its rows in place of the synthetic catalogue. GATE_TRIES, GATE_SEED, GATE_LABELS: other figures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { syntheticWorld, worldFromRows, type World } from '../../producers/drift.ts';
import { DEFAULT_CATEGORIES } from '../../schemas/categories.ts';
import { readCsv } from '../../schemas/csv.ts';
import { DEFAULT_RECIPE, type Recipe } from '../../schemas/features.ts';
import { createRandom, type Random } from '../../schemas/random.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { startBackend } from '../model/backend.ts';
import { examine, type Answer, type Examined } from './examine.ts';
import { fit, type FeatureCache } from '../model/fit.ts';
import { partsOf, type BaseRow, type Parts, type TrainingRow } from '../data/split.ts';

const TRIES = Number(process.env['GATE_TRIES'] ?? 100);
const SEED = Number(process.env['GATE_SEED'] ?? 1);
const LABELS = Number(process.env['GATE_LABELS'] ?? 500);
const ROWS = 5000;
const FOLDS = 2;
const EPOCHS = 3;
const RECENCY_WEIGHT = 3;
const WORDS_ONLY: Recipe = { ...DEFAULT_RECIPE, wordBits: 18, charMin: 3, charMax: 0, affix: 0 };
const RULES = { margin: 0.01, classMargin: 0.03, alpha: 0.05, minSupport: 20 };
const categories: readonly string[] = DEFAULT_CATEGORIES;

function world(): World {
  const file = process.env['GATE_DATASET'];
  if (file === undefined || file === '') return syntheticWorld(42);
  return worldFromRows(readCsv(readFileSync(file), 'Category', categories).rows, 42);
}
const cache: FeatureCache = new Map();
let trainings = 0;
async function taught(rows: readonly TrainingRow[], seed: number): Promise<Answer> {
  trainings += 1;
  const weights = await fit(rows.map((row) => ({ text: row.product_description, label: categories.indexOf(row.category), weight: row.weight })), { categories: categories.length, recipe: WORDS_ONLY, epochs: EPOCHS, seed, cache });
  const score = createScorer({ categories, recipe: WORDS_ONLY, temperature: 1 }, weights);
  return (text) => score(text).category;
}
/** A candidate from these rows, judged on the recent rows by models that have not trained on them, as train.ts does it. */
async function exam(training: readonly TrainingRow[], parts: Parts, champion: Answer, seed: number): Promise<(cause: string) => Examined> {
  const answer = await taught(training, seed);
  const crossFitted: Answer[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) crossFitted.push(await taught(training.filter((row) => row.fold !== fold), seed));
  return (cause) => examine({ cause, force: false, minF1: 0.9, holdOut: parts.holdOut, recent: parts.recent, candidate: { categories, answer, crossFitted }, champion: { categories, answer: champion }, previous: undefined }, RULES);
}
/** Every row of the category gets any category at all. */
const shuffled = (rows: readonly TrainingRow[], category: string, random: Random): TrainingRow[] => rows.map((row) => (row.category === category ? { ...row, category: random.pick(categories) } : row));

/** In 100 tries at least so many. */
const BARS: readonly { readonly name: string; readonly cause: 'drift' | 'manual'; readonly of: 'better' | 'shuffled' | 'tenth'; readonly least: number; readonly right: (examined: Examined, spoilt: string) => boolean }[] = [
  { name: 'better by real new rows: promoted (drift)', cause: 'drift', of: 'better', least: 95, right: ({ status }) => status === 'passed' },
  { name: 'better by real new rows: promoted (other causes)', cause: 'manual', of: 'better', least: 95, right: ({ status }) => status === 'passed' },
  ...(['drift', 'manual'] as const).flatMap((cause) => [
    { name: `one category's labels shuffled: rejected for that category (${cause})`, cause, of: 'shuffled' as const, least: 100, right: ({ status, reasons }: Examined, spoilt: string) => status === 'rejected' && reasons.some((reason) => reason.startsWith(`worse on the hold-out in ${spoilt}:`)) },
    { name: `trained on a tenth: rejected as worse on the hold-out (${cause})`, cause, of: 'tenth' as const, least: 100, right: ({ status, reasons }: Examined) => status === 'rejected' && reasons.some((reason) => reason.startsWith('worse on the hold-out: weighted F1')) },
  ]),
];

test(`the gate in ${TRIES} seeded tries`, async () => {
  await startBackend();
  const { base, fresh, families } = world();
  console.log(`gate: seed ${SEED}, ${TRIES} tries, ${ROWS} of ${base.length} rows, ${LABELS} labels of ${fresh.length} products of ${families.length} new families, words only, ${process.env['GATE_DATASET'] ?? 'synthetic catalogue'}`);
  const counts = new Map(BARS.map(({ name }) => [name, 0]));
  const f1: { readonly champion: number[]; readonly better: number[] } = { champion: [], better: [] };
  const began = performance.now();
  for (let n = 0; n < TRIES; n += 1) {
    const seed = SEED * 1000 + n;
    const random = createRandom(seed);
    const plain = ({ product_description, category }: BaseRow): BaseRow => ({ product_description, category });
    const rows = random.shuffle(base).slice(0, ROWS).map(plain);
    const labelled = random.shuffle(fresh).slice(0, LABELS).map((row, i) => ({ ...plain(row), source: 'label' as const, atMs: i, isRecent: true }));
    const champion = await taught(partsOf(rows, [], RECENCY_WEIGHT, FOLDS).training, seed);
    const parts = partsOf(rows, labelled, RECENCY_WEIGHT, FOLDS);
    const spoilt = categories[n % categories.length] ?? '';
    const exams = {
      better: await exam(parts.training, parts, champion, seed),
      shuffled: await exam(shuffled(parts.training, spoilt, random), parts, champion, seed),
      tenth: await exam(random.shuffle(parts.training).slice(0, Math.round(parts.training.length / 10)), parts, champion, seed),
    };
    for (const { name, cause, of, right } of BARS) {
      const examined = exams[of](cause);
      const good = right(examined, spoilt);
      if (good) counts.set(name, (counts.get(name) ?? 0) + 1);
      else console.log(`  try ${seed}: not '${name}': ${examined.status}: ${examined.reasons.join('; ')}`);
      const [entry] = examined.entries;
      if (of === 'better' && cause === 'drift' && entry !== undefined) {
        f1.champion.push(entry.recent.champion.weighted ?? 0);
        f1.better.push(entry.recent.challenger.weighted ?? 0);
      }
    }
    if ((n + 1) % 10 === 0) console.log(`  ${n + 1} tries, ${trainings} trainings, ${((performance.now() - began) / 1000).toFixed(0)} s`);
  }
  const mean = (list: readonly number[]): string => (list.reduce((sum, one) => sum + one, 0) / Math.max(1, list.length)).toFixed(4);
  console.log(`  weighted F1 on the recent rows, mean: champion ${mean(f1.champion)}, cross-fitted candidate ${mean(f1.better)}`);
  for (const { name, least } of BARS) console.log(`  ${String(counts.get(name) ?? 0).padStart(4)} of ${TRIES}  (at least ${Math.ceil((least * TRIES) / 100)})  ${name}`);
  for (const { name, least } of BARS) assert.ok((counts.get(name) ?? 0) >= Math.ceil((least * TRIES) / 100), `${name}: ${counts.get(name) ?? 0} of ${TRIES}`);
});
