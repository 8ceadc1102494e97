// Text to features: one pure function for training, gate and serving. The numbers stand in a recipe that travels in the manifest.

/** How a text becomes features. Hash spaces: words and tags first, then character n-grams. */
export type Recipe = {
  readonly kind: 'hashed-word-char-v1';
  readonly wordBits: number;
  readonly charBits: number;
  readonly charMin: number;
  readonly charMax: number;
  readonly wordScale: number;
  readonly rowNorm: number;
  /** Leading lower-case run of a mixed-case text as a tag of its own, and training rows again without it. */
  readonly aisleTag: boolean;
};
export const DEFAULT_RECIPE: Recipe = { kind: 'hashed-word-char-v1', wordBits: 18, charBits: 18, charMin: 3, charMax: 4, wordScale: 2.4, rowNorm: 1.4, aisleTag: true };

export const featureCount = (recipe: Recipe): number => 2 ** recipe.wordBits + 2 ** recipe.charBits;

/** x[index[k]] = rowScale * scale[k]; indices are distinct and ascending, so equal texts give equal bits. */
export type Features = { readonly index: Uint32Array; readonly scale: Float32Array; readonly rowScale: number };

/** FNV-1a over UTF-16 code units with murmur3's finaliser; `salt` separates kinds. */
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

export function featurise(text: string, recipe: Recipe): Features {
  const wordSpace = 2 ** recipe.wordBits;
  const charMask = 2 ** recipe.charBits - 1;
  const found = new Set<number>();
  const tokens = normalise(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i] ?? '';
    found.add(hash(token, 1) & (wordSpace - 1));
    const next = tokens[i + 1];
    if (next !== undefined) found.add(hash(`${token} ${next}`, 2) & (wordSpace - 1));
    const padded = ` ${token} `;
    for (let n = recipe.charMin; n <= recipe.charMax; n += 1) for (let j = 0; j + n <= padded.length; j += 1) found.add(wordSpace + (hash(padded.slice(j, j + n), 4) & charMask));
  }
  if (recipe.aisleTag) {
    const { aisle } = aisleOf(text);
    if (aisle !== '') found.add(hash(aisle, 3) & (wordSpace - 1));
  }
  const index = Uint32Array.from(found).sort();
  const scale = new Float32Array(index.length);
  let squares = 0;
  for (let k = 0; k < index.length; k += 1) {
    const s = (index[k] ?? 0) < wordSpace ? recipe.wordScale : 1;
    scale[k] = s;
    squares += s * s;
  }
  return { index, scale, rowScale: squares === 0 ? 0 : recipe.rowNorm / Math.sqrt(squares) };
}
