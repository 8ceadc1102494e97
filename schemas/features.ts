// Text to features: one pure function for training, gate and serving. The numbers stand in a recipe that travels in the manifest.

/** How a text becomes features. Hash spaces: words and tags first, then character n-grams (none when charMax is below charMin). */
type Base = {
  readonly wordBits: number;
  readonly charBits: number;
  readonly charMin: number;
  readonly charMax: number;
  readonly wordScale: number;
  readonly rowNorm: number;
  /** Leading lower-case run of a mixed-case text as a tag of its own, and training rows again without it. */
  readonly aisleTag: boolean;
};
/** Models made before marks and pairs were known still serve. */
export type RecipeV1 = Base & { readonly kind: 'hashed-word-char-v1' };
export type RecipeV2 = Base & {
  readonly kind: 'hashed-words-v2';
  /** The first word, the last word and the number of words as features of their own. */
  readonly marks: boolean;
  /** Weight of every two words of a text in any order, however far apart; 0: none. */
  readonly pairScale: number;
};
export type Recipe = RecipeV1 | RecipeV2;
// Chosen by cross-validation (./loop bench train): character n-grams add nothing here but eight times the features.
export const DEFAULT_RECIPE: RecipeV2 = { kind: 'hashed-words-v2', wordBits: 20, charBits: 0, charMin: 3, charMax: 0, wordScale: 1, rowNorm: 1, aisleTag: true, marks: true, pairScale: 0 };
const MOST_WORDS_COUNTED = 15;

const hasChars = (recipe: Recipe): boolean => recipe.charMax >= recipe.charMin;
export const featureCount = (recipe: Recipe): number => 2 ** recipe.wordBits + (hasChars(recipe) || recipe.kind === 'hashed-word-char-v1' ? 2 ** recipe.charBits : 0);

/** x[index[k]] = rowScale * scale[k]; indices are distinct and ascending, so equal texts give equal bits. */
export type Features = { readonly index: Uint32Array; readonly scale: Float32Array; readonly rowScale: number };

/** FNV-1a over UTF-16 code units with murmur3's finaliser; `salt` separates kinds: 1 words, 2 neighbours, 3 aisles, 4 characters, 5 pairs, 6 first words, 7 last words, 8 number of words. */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** NFKD, marks dropped, lower-case, white space joined: what two texts must share to count as the same product. */
export const normalise = (text: string): string => text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim();

const isLower = (word: string): boolean => word === word.toLowerCase() && /\p{L}/u.test(word);
/** The maximal leading run of lower-case words, unless the whole text is one; '' when there is none. `rest` is the text behind it. */
export function aisleOf(text: string): { readonly aisle: string; readonly rest: string } {
  const words = text.trim().split(/\s+/u);
  let end = 0;
  while (end < words.length && isLower(words[end] ?? '')) end += 1;
  if (end === 0 || end === words.length) return { aisle: '', rest: text };
  return { aisle: words.slice(0, end).join(' '), rest: words.slice(end).join(' ') };
}

function mark(tokens: readonly string[], { marks, pairScale, wordBits }: RecipeV2, found: Map<number, number>, word: (of: string, salt: number) => void): void {
  if (pairScale > 0) {
    tokens.forEach((one, i) => {
      for (const other of tokens.slice(i + 1)) {
        const at = hash(one < other ? `${one} ${other}` : `${other} ${one}`, 5) & (2 ** wordBits - 1);
        // Where hashes meet, the word stays what it was.
        if (!found.has(at)) found.set(at, pairScale);
      }
    });
  }
  if (!marks) return;
  word(tokens[0] ?? '', 6);
  word(tokens.at(-1) ?? '', 7);
  word(String(Math.min(tokens.length, MOST_WORDS_COUNTED)), 8);
}

export function featurise(text: string, recipe: Recipe): Features {
  const wordSpace = 2 ** recipe.wordBits;
  const charMask = 2 ** recipe.charBits - 1;
  const found = new Map<number, number>();
  const word = (of: string, salt: number): void => void found.set(hash(of, salt) & (wordSpace - 1), recipe.wordScale);
  const tokens = normalise(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? '';
    word(token, 1);
    const next = tokens[i + 1];
    if (next !== undefined) word(`${token} ${next}`, 2);
    if (!hasChars(recipe)) continue;
    const padded = ` ${token} `;
    for (let n = recipe.charMin; n <= recipe.charMax; n += 1) for (let j = 0; j + n <= padded.length; j += 1) found.set(wordSpace + (hash(padded.slice(j, j + n), 4) & charMask), 1);
  }
  if (recipe.aisleTag) {
    const { aisle } = aisleOf(text);
    if (aisle !== '') word(aisle, 3);
  }
  if (recipe.kind === 'hashed-words-v2' && tokens.length > 0) mark(tokens, recipe, found, word);
  const index = Uint32Array.from(found.keys()).sort();
  const scale = new Float32Array(index.length);
  let squares = 0;
  for (let k = 0; k < index.length; k += 1) {
    const s = found.get(index[k] ?? 0) ?? 0;
    scale[k] = s;
    squares += s * s;
  }
  return { index, scale, rowScale: squares === 0 ? 0 : recipe.rowNorm / Math.sqrt(squares) };
}
