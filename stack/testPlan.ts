// Which test files there are and what each kind needs, by its name.
export const KINDS = ['pure', 'integration', 'story', 'long-pure', 'long-integration', 'long'] as const;
/** pure: nothing. integration: the servers, empty at the start. story: everything, serving a first model. long-pure, long-integration and long: the same three, only when asked for. */
export type Kind = (typeof KINDS)[number];
export type Plan = Readonly<Record<Kind, readonly string[]>>;

export function kindOf(file: string): Kind {
  if (file.endsWith('.long.pure.test.ts')) return 'long-pure';
  if (file.endsWith('.long.it.test.ts')) return 'long-integration';
  if (file.endsWith('.long.test.ts')) return 'long';
  if (file.endsWith('.story.test.ts')) return 'story';
  return file.endsWith('.it.test.ts') ? 'integration' : 'pure';
}

const isLong = (kind: Kind): boolean => kind === 'long' || kind === 'long-integration' || kind === 'long-pure';

/** Files to run, sorted. long: those only, or none of them. names: a file runs when its path contains one of them; none given: all. */
export function planOf(files: readonly string[], wish: { readonly pure: boolean; readonly long: boolean; readonly names: readonly string[] }): Plan {
  const wanted = (kind: Kind): boolean => (wish.long === isLong(kind) && (!wish.pure || kind === 'pure'));
  const chosen = files.map((file) => file.replaceAll('\\', '/')).filter((file) => wanted(kindOf(file)) && (wish.names.length === 0 || wish.names.some((name) => file.includes(name)))).sort();
  const of = (kind: Kind): string[] => chosen.filter((file) => kindOf(file) === kind);
  return { pure: of('pure'), integration: of('integration'), story: of('story'), 'long-pure': of('long-pure'), 'long-integration': of('long-integration'), long: of('long') };
}
