// The synthetic grocery catalogue: seeded, invented here, overlapping on purpose, so that a linear model is good but not perfect.
import { DEFAULT_CATEGORIES } from '../schemas/categories.ts';
import { createRandom, type Random } from '../schemas/random.ts';
import { FAMILIES, NEW_FAMILIES, STYLES, BRANDS, type Family } from './words.ts';

export type Row = { readonly product_description: string; readonly category: string };
const SIZES = ['200 g', '500 g', '1 kg', '12 oz', '16 oz', '32 oz', '330 ml', '750 ml', '1 L', '2 Pack', '6 Pack', '24 Count'];
/** Rows whose wording says nothing about their category: shop names for assorted goods. */
const VAGUE = ['Assorted Selection', 'Family Favorites', 'Holiday Edition', 'Variety Box', 'Everyday Value', 'Weekend Special', 'Limited Batch', 'House Blend', 'Original Recipe', 'Signature Line'];
const VAGUE_SHARE = 0.07;
const AISLE_SHARE = 0.45;
/** A new family is sold under its aisle more often than not: what makes it learnable from a few dozen labels. */
const NEW_AISLE_SHARE = 0.85;

function nameFrom(family: Family, aisleShare: number, random: Random): string {
  const words = [random.pick(BRANDS), ...(random.next() < 0.8 ? [random.pick(STYLES)] : []), ...(random.next() < 0.7 ? [random.pick(family.flavours)] : []), random.pick(family.heads), ...(random.next() < 0.5 ? [random.pick(SIZES)] : [])];
  const name = words.join(' ');
  return random.next() < aisleShare ? `${family.aisle} ${name}` : name;
}

function vagueName(random: Random): string {
  return `${random.pick(BRANDS)} ${random.pick(VAGUE)} ${random.pick(STYLES)} ${random.pick(SIZES)}`;
}

/** `count` distinct rows of these families, each family weighing as `weightOf` says. */
function rowsOf(families: readonly Family[], weightOf: (family: Family) => number, count: number, shares: { readonly vague: number; readonly aisle: number }, random: Random, taken: Set<string>): Row[] {
  const total = families.reduce((sum, family) => sum + weightOf(family), 0);
  const rows: Row[] = [];
  for (let tries = 0; rows.length < count && tries < count * 50; tries += 1) {
    let left = random.next() * total;
    const family = families.find((one) => (left -= weightOf(one)) < 0) ?? families[0];
    if (family === undefined) break;
    const product_description = random.next() < shares.vague ? vagueName(random) : nameFrom(family, shares.aisle, random);
    const key = product_description.toLowerCase();
    if (taken.has(key)) continue;
    taken.add(key);
    rows.push({ product_description, category: family.category });
  }
  return rows;
}

const FAMILIAR_SHARES = { vague: VAGUE_SHARE, aisle: AISLE_SHARE };
const BASE_MIX = new Map<string, number>(DEFAULT_CATEGORIES.map((category, i) => [category, [34, 26, 23, 11, 6][i] ?? 1]));
const SHIFTED_MIX = new Map<string, number>(DEFAULT_CATEGORIES.map((category, i) => [category, [22, 24, 20, 18, 16][i] ?? 1]));
function weigher(families: readonly Family[], mix: ReadonlyMap<string, number>): (family: Family) => number {
  const perCategory = new Map<string, number>();
  for (const family of families) perCategory.set(family.category, (perCategory.get(family.category) ?? 0) + 1);
  return (family) => (mix.get(family.category) ?? 1) / (perCategory.get(family.category) ?? 1);
}

export const BASE_ROWS = 7000;
/** The base corpus: BASE_ROWS distinct names over the default categories. The same seed gives the same rows. */
export function baseCorpus(seed: number): Row[] {
  return rowsOf(FAMILIES, weigher(FAMILIES, BASE_MIX), BASE_ROWS, FAMILIAR_SHARES, createRandom(seed), new Set());
}

/** Products that are not in the base corpus: `familiar` of known families, `fresh` of new families in new wording and a shifted mix. */
export function streams(seed: number, familiarCount: number, freshCount: number): { readonly familiar: Row[]; readonly fresh: Row[] } {
  const taken = new Set(baseCorpus(seed).map((row) => row.product_description.toLowerCase()));
  const random = createRandom(seed ^ 0x5bd1e995);
  const familiar = rowsOf(FAMILIES, weigher(FAMILIES, BASE_MIX), familiarCount, FAMILIAR_SHARES, random, taken);
  const fresh = rowsOf(NEW_FAMILIES, weigher(NEW_FAMILIES, SHIFTED_MIX), freshCount, { vague: 0, aisle: NEW_AISLE_SHARE }, random, taken);
  return { familiar, fresh };
}
