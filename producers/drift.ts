// What the demo's world looks like: a base corpus, familiar products, and fresh ones of new families whose share rises. From the synthetic catalogue or from a CSV.
import { poison } from '../schemas/failure.ts';
import { aisleOf, normalise } from '../schemas/features.ts';
import { createRandom } from '../schemas/random.ts';
import { baseCorpus, streams, type Row } from './catalogue.ts';

export type World = { readonly base: readonly Row[]; readonly familiar: readonly Row[]; readonly fresh: readonly Row[]; readonly families: readonly string[] };
const FAMILIAR = 6000;
const FRESH = 5000;

export function syntheticWorld(seed: number): World {
  const { familiar, fresh } = streams(seed, FAMILIAR, FRESH);
  return { base: baseCorpus(seed), familiar, fresh, families: [...new Set(fresh.map((row) => aisleOf(row.product_description).aisle).filter((aisle) => aisle !== ''))] };
}

/** The new families of the measured scenario (MODEL.md, drift table, first row): aisle names, no rows. */
export const MEASURED_FAMILIES: readonly string[] = [
  'refrigerated', 'tea', 'soy lactosefree', 'frozen meals', 'ice cream ice', 'baby food formula', 'vitamins supplements', 'cat food care', 'dog food care', 'asian foods', 'latino foods', 'instant foods', 'energy granola bars',
];
const FRESH_SHARE_WANTED = 0.15;
const MIN_ROWS = 500;

/** New families of a file that has none of the measured ones: aisles in a seeded order until they hold a share of the rows. */
function chosenFamilies(counts: ReadonlyMap<string, number>, seed: number): string[] {
  const measured = MEASURED_FAMILIES.filter((family) => counts.has(family));
  if (measured.length >= 3) return measured;
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  const chosen: string[] = [];
  let rows = 0;
  for (const aisle of createRandom(seed).shuffle([...counts.keys()].sort())) {
    if (rows >= total * FRESH_SHARE_WANTED) break;
    chosen.push(aisle);
    rows += counts.get(aisle) ?? 0;
  }
  return chosen;
}

/** A world from labelled rows whose names begin with an aisle in lower case. Rows of the new families are nowhere in the base corpus or among the familiar products.
 *  Throws poison `no_families` when the file has too few such rows. */
export function worldFromRows(rows: readonly Row[], seed: number): World {
  const distinct = new Map(rows.map((row) => [normalise(row.product_description), row]));
  const counts = new Map<string, number>();
  const withAisle = [...distinct.values()].map((row) => ({ row, aisle: aisleOf(row.product_description).aisle })).filter(({ aisle }) => aisle !== '');
  for (const { aisle } of withAisle) counts.set(aisle, (counts.get(aisle) ?? 0) + 1);
  const families = chosenFamilies(counts, seed);
  const isNew = new Set(families);
  const random = createRandom(seed);
  const fresh = random.shuffle(withAisle.filter(({ aisle }) => isNew.has(aisle)).map(({ row }) => row));
  const old = random.shuffle(withAisle.filter(({ aisle }) => !isNew.has(aisle)).map(({ row }) => row));
  if (fresh.length < MIN_ROWS || old.length < 2 * MIN_ROWS) {
    throw poison('no_families', `the file has too few products whose name begins with a family in lower case ("cookies cakes Chocolate ..."): ${fresh.length} of new families and ${old.length} others, at least ${MIN_ROWS} and ${2 * MIN_ROWS} are needed to show a drift`);
  }
  const streamed = Math.floor(old.length * 0.2);
  return { base: old.slice(streamed), familiar: old.slice(0, streamed), fresh, families };
}
