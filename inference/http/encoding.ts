// What a caller takes, by its Accept-Encoding: what it does not name it does not take (`*` names gzip), and `;q=0` is a refusal.
export type Encoding = 'br' | 'gzip' | 'identity';

function takenBy(accepted: string | undefined): readonly (string | undefined)[] {
  return (accepted ?? '').split(',').map((part) => part.trim().toLowerCase()).filter((part) => !/;\s*q=0(?:\.0*)?$/.test(part)).map((part) => part.split(';')[0]?.trim());
}
const hasGzip = (taken: ReturnType<typeof takenBy>): boolean => taken.includes('gzip') || taken.includes('*');
export const takesGzip = (accepted: string | undefined): boolean => hasGzip(takenBy(accepted));
/** The smallest encoding the caller takes. */
export function encodingFor(accepted: string | undefined): Encoding {
  const taken = takenBy(accepted);
  return taken.includes('br') ? 'br' : hasGzip(taken) ? 'gzip' : 'identity';
}
