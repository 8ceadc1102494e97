// Work that is looked for when somebody says there may be some, and every so often: never twice at a time, and what is said meanwhile is looked into afterwards.
import { kindOf } from '../schemas/failure.ts';

export type Turns = { /** there may be work */ wake(): void; /** no more turns begin; resolves when the one under way has ended */ stop(): Promise<void> };

/** drain: works until nothing is left. onAway: it ended with a transient error; the next turn tries again. onFatal: with another. */
export function takeTurns({ everyMs, drain, onAway, onFatal }: { readonly everyMs: number; readonly drain: () => Promise<void>; readonly onAway: (error: unknown) => void; readonly onFatal: (error: unknown) => void }): Turns {
  let stopping = false;
  let busy: Promise<void> | undefined;
  let again = false;
  function wake(): void {
    if (stopping) return;
    if (busy !== undefined) {
      again = true;
      return;
    }
    busy = drain().catch((error: unknown) => (kindOf(error) === 'transient' ? onAway : onFatal)(error)).finally(() => {
      busy = undefined;
      if (!again) return;
      again = false;
      wake();
    });
  }
  const looking = setInterval(wake, everyMs);
  wake();
  return {
    wake,
    async stop() {
      stopping = true;
      clearInterval(looking);
      await busy;
    },
  };
}
