// Questions about an id that is not there yet: one that was made a moment ago comes with the next fetch. They wait for it, not for long and not many.
export type Waiting = {
  /** False when too many wait already. */
  add(id: string, answer: () => void): boolean;
  /** The id has come. */
  came(id: string): void;
  /** Whether anybody waits; nearly always nobody does. */
  readonly some: () => boolean;
};

/** later: calls back after `waitMs`, gives what undoes it. */
export function createWaiting({ max, waitMs, later }: { max: number; waitMs: number; later: (callBack: () => void, ms: number) => () => void }): Waiting {
  const waiting = new Map<string, Set<() => void>>();
  let count = 0;
  return {
    add(id, answer) {
      if (count >= max) return false;
      const those = waiting.get(id) ?? new Set();
      waiting.set(id, those);
      count += 1;
      const done = (): void => {
        if (!those.delete(done)) return;
        count -= 1;
        if (those.size === 0) waiting.delete(id);
        undo();
        answer();
      };
      const undo = later(done, waitMs);
      those.add(done);
      return true;
    },
    came(id) {
      for (const done of [...(waiting.get(id) ?? [])]) done();
    },
    some: () => count > 0,
  };
}
