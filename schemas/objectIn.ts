// The object that a JSON text holds: where every decoder of such a file begins. Pure.
export const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

/** bad: throws, in the words of the file it is of, why the text is none. */
export function objectIn(text: string, bad: (why: string) => never): object {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return bad('it is not JSON');
  }
  return isObject(parsed) ? parsed : bad('it is not an object');
}
