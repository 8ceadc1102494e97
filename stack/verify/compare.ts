// Compares two sides key by key and says in words what differs.
export type Check = { readonly name: string; readonly compared: number; readonly differences: readonly string[] };
const SHOWN = 20;

/** Every key must stand on both sides with the same text. */
export function compareMaps(name: string, expected: ReadonlyMap<string, string>, actual: ReadonlyMap<string, string>): Check {
  const differences: string[] = [];
  for (const [key, want] of expected) {
    const have = actual.get(key);
    if (have === undefined) differences.push(`${key}: missing (expected ${want})`);
    else if (have !== want) differences.push(`${key}: is ${have}, expected ${want}`);
  }
  for (const [key, have] of actual) if (!expected.has(key)) differences.push(`${key}: unexpected (${have})`);
  return { name, compared: expected.size, differences };
}
/** A check of single facts: each false one is a difference. */
export const checkFacts = (name: string, facts: readonly (readonly [good: boolean, text: string])[]): Check => ({ name, compared: facts.length, differences: facts.filter(([good]) => !good).map(([, text]) => text) });

export function renderChecks(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map((check) => check.name.length));
  const lines = checks.flatMap((check) => [
    `${check.differences.length === 0 ? 'ok  ' : 'DIFF'}  ${check.name.padEnd(width)}  ${String(check.compared).padStart(7)} compared  ${check.differences.length} differences`,
    ...check.differences.slice(0, SHOWN).map((difference) => `        ${difference}`),
    ...(check.differences.length > SHOWN ? [`        ... and ${check.differences.length - SHOWN} more`] : []),
  ]);
  const total = checks.reduce((sum, check) => sum + check.differences.length, 0);
  return [...lines, total === 0 ? 'verify: zero differences' : `verify: ${total} differences`];
}
