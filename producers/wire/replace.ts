// Puts parts of ours in the place of kafkajs's own, before kafkajs is loaded.
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
const pathOf = (name: string): string => load.resolve(`kafkajs/src/${name}.js`);
if (load.cache[pathOf('index')] !== undefined) throw new Error('kafkajs was loaded before producers/wire/replace.ts; import producers/kafka.ts instead of kafkajs');
/** A module of kafkajs, by its path in src without an ending. */
export const loadPart = (name: string): unknown => load(pathOf(name));
/** Loads a module of kafkajs and puts `make(stock)` in its place. */
export function replace<Stock>(name: string, make: (stock: Stock) => unknown): Stock {
  const stock = loadPart(name) as Stock;
  const entry = load.cache[pathOf(name)];
  if (entry !== undefined) entry.exports = make(stock);
  return stock;
}
