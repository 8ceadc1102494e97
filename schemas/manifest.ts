// What a stored model says about itself. manifest.json lies beside model.json and weights.bin (ordinary tfjs files) in s3://models/<name>/<weights sha>/.
import { featureCount, type Recipe } from './features.ts';
import { poison } from './failure.ts';

/** A text with the probabilities the trainer saw: what a loader must reproduce within `tolerance` before the model may serve. */
export type GoldenRow = { readonly text: string; readonly probabilities: readonly number[] };
export type Manifest = {
  readonly format: 1;
  readonly model_name: string;
  readonly run_id: string;
  readonly categories: readonly string[];
  readonly recipe: Recipe;
  /** Probabilities are softmax(temperature * z). */
  readonly temperature: number;
  /** Object beside the manifest: float32 little-endian, W row-major [features, categories], then b [categories]. */
  readonly weights_file: string;
  readonly weights_sha256: string;
  readonly weights_bytes: number;
  readonly golden: readonly GoldenRow[];
  readonly tolerance: number;
  readonly backend: string;
  readonly dataset_hash: string;
  readonly seed: number;
};

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((one) => typeof one === 'string');
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one));

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
  need('format', m['format'] === 1);
  for (const name of ['model_name', 'run_id', 'weights_file', 'backend', 'dataset_hash']) need(name, typeof m[name] === 'string');
  need('weights_sha256', typeof m['weights_sha256'] === 'string' && /^[0-9a-f]{64}$/.test(m['weights_sha256']));
  need('temperature', typeof m['temperature'] === 'number' && m['temperature'] > 0);
  need('tolerance', typeof m['tolerance'] === 'number' && m['tolerance'] > 0);
  need('seed', typeof m['seed'] === 'number');
  const categories = m['categories'];
  need('categories', isTexts(categories) && categories.length >= 2 && new Set(categories).size === categories.length);
  const recipe = m['recipe'];
  const bits = (value: unknown): boolean => typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 24;
  const goodRecipe =
    isObject(recipe) && recipe['kind'] === 'hashed-word-char-v1' && bits(recipe['wordBits']) && bits(recipe['charBits']) &&
    ['charMin', 'charMax', 'wordScale', 'rowNorm'].every((name) => typeof recipe[name] === 'number') && typeof recipe['aisleTag'] === 'boolean';
  need('recipe', goodRecipe);
  const golden = m['golden'];
  need('golden', Array.isArray(golden) && golden.length > 0 && golden.every((row: unknown) => isObject(row) && typeof row['text'] === 'string' && isNumbers(row['probabilities'])));
  if (wrong.length === 0 && isTexts(categories)) need('weights_bytes', m['weights_bytes'] === 4 * (featureCount(recipe as Recipe) + 1) * categories.length);
  if (wrong.length > 0) throw poison('bad_manifest', `the manifest has wrong or missing fields: ${wrong.join(', ')}`, { fields: { wrong } });
  return m as Manifest;
}
