// Asks the service. A refusal is a value with its problem document; the shape of an answer is the contract's word (rules/wire.ts).
import { endsSession, problemOf, unreachable } from '../rules/problem.ts';
import type { Problem } from '../rules/wire.ts';

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: Problem };
export type Client = {
  get<T>(path: string): Promise<Answer<T>>;
  post<T>(path: string, body: object): Promise<Answer<T>>;
  /** The body as it comes. */
  open(path: string, signal: AbortSignal): Promise<Answer<ReadableStream<Uint8Array<ArrayBuffer>>>>;
};

export function createClient(token: string, onSessionEnd: (problem: Problem) => void): Client {
  async function ask(path: string, init: RequestInit): Promise<Answer<Response>> {
    const answer = await fetch(path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` }, cache: 'no-store' }).catch(() => undefined);
    if (answer === undefined) return { ok: false, problem: unreachable };
    if (answer.ok) return { ok: true, value: answer };
    const problem = problemOf(answer.status, await answer.json().catch(() => undefined));
    if (endsSession(problem)) onSessionEnd(problem);
    return { ok: false, problem };
  }
  async function read<T>(asked: Promise<Answer<Response>>): Promise<Answer<T>> {
    const answer = await asked;
    if (!answer.ok) return answer;
    return answer.value.json().then((value: unknown) => ({ ok: true, value: value as T }) as const, () => ({ ok: false, problem: unreachable }) as const);
  }
  return {
    get: (path) => read(ask(path, {})),
    post: (path, body) => read(ask(path, { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } })),
    async open(path, signal) {
      const answer = await ask(path, { signal });
      if (!answer.ok) return answer;
      return answer.value.body === null ? { ok: false, problem: unreachable } : { ok: true, value: answer.value.body };
    },
  };
}
