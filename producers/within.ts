// A time limit for work that has none of its own. Nobody waits any longer; what the work still holds is for onLate to end.
import { transient } from '../schemas/failure.ts';

/** Throws transient `no_answer` when work is not done within ms. onLate: called then, to end it. */
export function within<T>(ms: number, who: string, work: Promise<T>, onLate: () => void = () => undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(transient('no_answer', `${who} did not answer within ${ms} ms`));
      onLate();
    }, ms);
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
