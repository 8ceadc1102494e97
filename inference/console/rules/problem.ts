// What a refusal means for the person at the screen: what happened, and the way out.
import type { Problem } from './wire.ts';

/** Reads a problem document; whatever else came is told as it is. */
export function problemOf(status: number, body: unknown): Problem {
  const read = (name: string): string | undefined => {
    const value: unknown = typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return { status, title: read('title') ?? 'refused', detail: read('detail') ?? `the service answered ${status}` };
}
export const unreachable: Problem = { status: 0, title: 'no answer', detail: 'the service does not answer' };

/** The token is not, or no longer, good: there is no point in asking again with it. */
export const endsSession = ({ status }: Problem): boolean => status === 401;

export type Told = { readonly what: string; readonly way: string };
export function told({ status, title, detail }: Problem): Told {
  const what = `${title[0]?.toUpperCase() ?? ''}${title.slice(1)}: ${detail}`;
  switch (status) {
    case 0: return { what: 'The service does not answer.', way: 'Is it running? ./loop status tells. This page goes on by itself when it is back.' };
    case 401: return { what, way: 'Sign in with another token; ./loop token new NAME makes one.' };
    case 403: return { what, way: 'This token may not do that. Sign in with one that has the scope, or ask who runs the service.' };
    case 404: return { what, way: 'It may be gone meanwhile; look again.' };
    case 409: return { what, way: 'Somebody or something was quicker; look again before you repeat it.' };
    case 429: return { what, way: 'Wait a moment, then try again.' };
    case 503: return { what, way: 'Nothing was changed. Try again in a moment; ./loop status tells which part is away.' };
    default: return { what, way: status >= 500 ? 'This is a fault of the service; its log tells more.' : 'Change what was sent, then try again.' };
  }
}
