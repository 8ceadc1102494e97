// What a stored model says about itself. manifest.json lies beside model.json and weights.bin (ordinary tfjs files) in s3://models/<name>/<weights sha>/.
import { featureCount, type Recipe } from './features.ts';
import { poison } from './failure.ts';
import { sparseBytes } from './weights.ts';

/** A text with the probabilities the trainer saw: what a loader must reproduce within `tolerance` before the model may serve. */
export type GoldenRow = { readonly text: string; readonly probabilities: readonly number[] };
export type Manifest = {
  /** 1: all weights in a row. 2: only those of features that occur, see schemas/weights.ts. */
  readonly format: 1 | 2;
  readonly model_name: string;
  readonly run_id: string;
  readonly categories: readonly string[];
  readonly recipe: Recipe;
  /** Probabilities are softmax(temperature * z). */
  readonly temperature: number;
  /** Object beside the manifest, little-endian. Format 1: float32 W row-major [all features, categories], then b [categories]. */
  readonly weights_file: string;
  readonly weights_sha256: string;
  readonly weights_bytes: number;
  /** Format 2: features with weights of their own. */
  readonly features?: number;
  readonly golden: readonly GoldenRow[];
  readonly tolerance: number;
  readonly backend: string;
  readonly dataset_hash: string;
  readonly seed: number;
  /** How it was trained; absent in format 1. */
  readonly training?: { readonly epochs: number; readonly best_epoch: number | null; readonly best_model_metric: string; readonly library_versions: Readonly<Record<string, string>> };
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
/** JSON can say 1e999, which is read as Infinity. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isNumber);

/** The manifest in this JSON text. Throws poison `bad_manifest` naming every field that is wrong. */
export function parseManifest(json: string): Manifest {
  const wrong: string[] = [];
  let read: unknown;
  try {
    read = JSON.parse(json);
  } catch {
    throw poison('bad_manifest', 'the manifest is not JSON');
  }
  if (!isObject(read)) throw poison('bad_manifest', 'the manifest is not a JSON object');
  const m = read;
  const need = (name: string, good: boolean): void => {
    if (!good) wrong.push(name);
  };
  const { format, features } = m;
  need('format', format === 1 || format === 2);
  if (format === 2) need('features', typeof features === 'number' && Number.isInteger(features) && features >= 0);
  // It lies beside the manifest: no way leads out of the folder.
  need('weights_file', typeof m['weights_file'] === 'string' && /^[A-Za-z0-9._-]+$/.test(m['weights_file']));
  for (const name of ['model_name', 'run_id', 'backend', 'dataset_hash']) need(name, typeof m[name] === 'string');
  need('weights_sha256', typeof m['weights_sha256'] === 'string' && /^[0-9a-f]{64}$/.test(m['weights_sha256']));
  need('temperature', isNumber(m['temperature']) && m['temperature'] > 0);
  need('tolerance', isNumber(m['tolerance']) && m['tolerance'] > 0);
  need('seed', isNumber(m['seed']));
  const categories = m['categories'];
  need('categories', isTexts(categories) && categories.length >= 2 && new Set(categories).size === categories.length);
  const recipe = m['recipe'];
  /** Of a hash, or of a part of a word: what is made of a text, and of memory, stays bounded. */
  const bits = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 24;
  const hasPairs = (one: Record<string, unknown>): boolean => typeof one['marks'] === 'boolean' && isNumber(one['pairScale']) && bits(one['pairBits']);
  const goodKind = (one: Record<string, unknown>): boolean => one['kind'] === 'hashed-word-char-v1' || (one['kind'] === 'hashed-words-v2' && hasPairs(one)) || (one['kind'] === 'hashed-words-v3' && hasPairs(one) && bits(one['affix']));
  const goodRecipe =
    isObject(recipe) && goodKind(recipe) && ['wordBits', 'charBits', 'charMin', 'charMax'].every((name) => bits(recipe[name])) &&
    ['wordScale', 'rowNorm'].every((name) => isNumber(recipe[name])) && typeof recipe['aisleTag'] === 'boolean';
  need('recipe', goodRecipe);
  const golden = m['golden'];
  need('golden', Array.isArray(golden) && golden.length > 0 && golden.every((row: unknown) => isObject(row) && typeof row['text'] === 'string' && isNumbers(row['probabilities'])));
  if (wrong.length === 0 && isTexts(categories)) need('weights_bytes', m['weights_bytes'] === (format === 2 ? sparseBytes(Number(features), categories.length) : 4 * (featureCount(recipe as Recipe) + 1) * categories.length));
  if (wrong.length > 0) throw poison('bad_manifest', `the manifest has wrong or missing fields: ${wrong.join(', ')}`, { fields: { wrong } });
  return m as Manifest;
}
