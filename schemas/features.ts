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
  /** Every two words of a text in any order, however far apart, in a hash space of their own behind the others; pairScale 0: none. */
  readonly pairBits: number;
  readonly pairScale: number;
};
export type RecipeV3 = Omit<RecipeV2, 'kind'> & {
  readonly kind: 'hashed-words-v3';
  /** The first and the last so many characters of every longer word, in the space of characters; 0: none. */
  readonly affix: number;
};
export type Recipe = RecipeV1 | RecipeV2 | RecipeV3;
// Chosen by cross-validation within the training rows of the protocol: beginnings and ends of words tell what 4-grams told, at a third of their number.
export const DEFAULT_RECIPE: RecipeV3 = { kind: 'hashed-words-v3', wordBits: 19, charBits: 18, charMin: 4, charMax: 0, wordScale: 3, rowNorm: 1, aisleTag: true, marks: true, pairBits: 19, pairScale: 1.2, affix: 4 };
const affixOf = (recipe: Recipe): number => (recipe.kind === 'hashed-words-v3' ? recipe.affix : 0);
const pairScaleOf = (recipe: Recipe): number => (recipe.kind === 'hashed-word-char-v1' ? 0 : recipe.pairScale);
const charSpaceOf = (recipe: Recipe): number => (recipe.charMax >= recipe.charMin || affixOf(recipe) > 0 || recipe.kind === 'hashed-word-char-v1' ? 2 ** recipe.charBits : 0);
export const featureCount = (recipe: Recipe): number => 2 ** recipe.wordBits + charSpaceOf(recipe) + (recipe.kind !== 'hashed-word-char-v1' && recipe.pairScale > 0 ? 2 ** recipe.pairBits : 0);

/** x[index[k]] = rowScale * scale[k]; indices are distinct and ascending, so equal texts give equal bits. */
export type Features = { readonly index: Uint32Array; readonly scale: Float32Array; readonly rowScale: number };

/** FNV-1a over UTF-16 code units with murmur3's finaliser; `salt` separates kinds: 1 words, 2 neighbours, 3 aisles, 4 characters, 5 pairs, 6 first words, 7 last words, 8 number of words, 9 beginnings and 10 ends of words. */
function hash(text: string, salt: number, from = 0, to = text.length): number {
  let h = 0x811c9dc5 ^ salt;
  for (let i = from; i < to; i += 1) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Space to tilde: most texts are made of these, and need none of the slow rules of Unicode. */
const PLAIN = /^[ -~]*$/u;
const squeeze = (plain: string): string => (plain.includes('  ') ? plain.replace(/ +/gu, ' ') : plain).trim();

/** NFKD, marks dropped, lower-case, white space joined: what two texts must share to count as the same product. */
export const normalise = (text: string): string => (PLAIN.test(text) ? squeeze(text.toLowerCase()) : text.normalize('NFKD').replace(/\p{M}+/gu, '').toLowerCase().replace(/\s+/gu, ' ').trim());

const isLower = (word: string): boolean => word === word.toLowerCase() && /\p{L}/u.test(word);
type Aisle = { readonly aisle: string; readonly rest: string };
/** The maximal leading run of lower-case words, unless the whole text is one; '' when there is none. `rest` is the text behind it. */
export function aisleOf(text: string): Aisle {
  if (PLAIN.test(text)) return plainAisle(text);
  const words = text.trim().split(/\s+/u);
  let end = 0;
  while (end < words.length && isLower(words[end] ?? '')) end += 1;
  if (end === 0 || end === words.length) return { aisle: '', rest: text };
  return { aisle: words.slice(0, end).join(' '), rest: words.slice(end).join(' ') };
}
const [SPACE, UPPER_A, UPPER_Z, LOWER_A, LOWER_Z] = [32, 65, 90, 97, 122];
/** The same by the codes of the characters. */
function plainAisle(text: string): Aisle {
  let [at, hasAisle] = [0, false];
  while (at < text.length) {
    while (text.charCodeAt(at) === SPACE) at += 1;
    const from = at;
    let [hasLower, hasUpper] = [false, false];
    for (; at < text.length && text.charCodeAt(at) !== SPACE; at += 1) {
      const code = text.charCodeAt(at);
      if (code >= LOWER_A && code <= LOWER_Z) hasLower = true;
      else if (code >= UPPER_A && code <= UPPER_Z) hasUpper = true;
    }
    if (at === from) break;
    if (!hasLower || hasUpper) return hasAisle ? { aisle: squeeze(text.slice(0, from)), rest: squeeze(text.slice(from)) } : { aisle: '', rest: text };
    hasAisle = true;
  }
  return { aisle: '', rest: text };
}

export function featurise(text: string, recipe: Recipe): Features {
  const sorted = new Uint32Array(recipe.kind === 'hashed-word-char-v1' ? findV1(text, recipe) : findWords(text, recipe)).sort();
  const wordSpace = 2 ** recipe.wordBits;
  const charEnd = wordSpace + charSpaceOf(recipe);
  const pairScale = pairScaleOf(recipe);
  const scale = new Float32Array(sorted.length);
  let count = 0;
  let squares = 0;
  for (let k = 0; k < sorted.length; k += 1) {
    const at = sorted[k] ?? 0;
    if (count > 0 && at === sorted[count - 1]) continue;
    const s = at < wordSpace ? recipe.wordScale : at < charEnd ? 1 : pairScale;
    sorted[count] = at;
    scale[count] = s;
    squares += s * s;
    count += 1;
  }
  const rowScale = squares === 0 ? 0 : recipe.rowNorm / Math.sqrt(squares);
  return count === sorted.length ? { index: sorted, scale, rowScale } : { index: sorted.slice(0, count), scale: scale.slice(0, count), rowScale };
}

const tokensOf = (text: string): readonly string[] => (PLAIN.test(text) ? text.toLowerCase().match(/[a-z0-9]+/gu) : normalise(text).match(/[\p{L}\p{N}]+/gu)) ?? [];

function findV1(text: string, recipe: RecipeV1): number[] {
  const wordSpace = 2 ** recipe.wordBits;
  const charMask = 2 ** recipe.charBits - 1;
  const found: number[] = [];
  const tokens = tokensOf(text);
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? '';
    found.push(hash(token, 1) & (wordSpace - 1));
    const next = tokens[i + 1];
    if (next !== undefined) found.push(hash(`${token} ${next}`, 2) & (wordSpace - 1));
    const padded = ` ${token} `;
    for (let n = recipe.charMin; n <= recipe.charMax; n += 1) for (let j = 0; j + n <= padded.length; j += 1) found.push(wordSpace + (hash(padded.slice(j, j + n), 4) & charMask));
  }
  if (recipe.aisleTag) {
    const { aisle } = aisleOf(text);
    if (aisle !== '') found.push(hash(aisle, 3) & (wordSpace - 1));
  }
  return found;
}

/** Two numbers into one; what is made of words is made of their hashes, which costs less than of their letters. */
function mix(a: number, b: number, salt: number): number {
  let h = Math.imul(a ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15) ^ b, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}
const MOST_WORDS_COUNTED = 15;
/** Pairs grow with the square of the words; names are shorter, and a long text must stay cheap. */
const MOST_WORDS_PAIRED = 32;

function findWords(text: string, recipe: RecipeV2 | RecipeV3): number[] {
  const { charMin, charMax, marks, pairScale } = recipe;
  const affix = affixOf(recipe);
  const wordSpace = 2 ** recipe.wordBits;
  const wordMask = wordSpace - 1;
  const charMask = 2 ** recipe.charBits - 1;
  const pairsFrom = wordSpace + charSpaceOf(recipe);
  const pairMask = 2 ** recipe.pairBits - 1;
  const found: number[] = [];
  const words: number[] = [];
  for (const token of tokensOf(text)) {
    const word = hash(token, 1);
    found.push(word & wordMask);
    const before = words.at(-1);
    if (before !== undefined) found.push(mix(before, word, 2) & wordMask);
    if (pairScale > 0 && words.length < MOST_WORDS_PAIRED) for (const other of words) found.push(pairsFrom + (mix(Math.min(word, other), Math.max(word, other), 5) & pairMask));
    words.push(word);
    if (affix > 0 && token.length > affix) found.push(wordSpace + (hash(token, 9, 0, affix) & charMask), wordSpace + (hash(token, 10, token.length - affix) & charMask));
    if (charMax < charMin) continue;
    const padded = ` ${token} `;
    for (let n = charMin; n <= charMax; n += 1) for (let j = 0; j + n <= padded.length; j += 1) found.push(wordSpace + (hash(padded, 4, j, j + n) & charMask));
  }
  const [first, last] = [words[0], words.at(-1)];
  if (marks && first !== undefined && last !== undefined) found.push(mix(first, 0, 6) & wordMask, mix(last, 0, 7) & wordMask, mix(Math.min(words.length, MOST_WORDS_COUNTED), 0, 8) & wordMask);
  const { aisle } = recipe.aisleTag ? aisleOf(text) : { aisle: '' };
  if (aisle !== '') found.push(hash(aisle, 3) & wordMask);
  return found;
}
