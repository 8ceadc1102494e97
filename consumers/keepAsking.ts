// Asks something small every so often, only to know whether it is answered: for readiness.
import { within } from '../producers/within.ts';

export type Asking = { /** words once it has been silent too long */ readonly away: () => string | undefined; stop(): void };
const EVERY_MS = 2000;
const ANSWER_MS = 4000;

export function keepAsking({ who, limitMs, ask }: { readonly who: string; readonly limitMs: number; readonly ask: () => Promise<unknown> }): Asking {
  let answeredMs = performance.now();
  let timer: NodeJS.Timeout | undefined;
  let stopping = false;
  async function look(): Promise<void> {
    await within(ANSWER_MS, who, ask()).then(() => (answeredMs = performance.now()), () => undefined);
    if (!stopping) timer = setTimeout(() => void look(), EVERY_MS);
  }
  void look();
  return {
    away() {
      const silentMs = performance.now() - answeredMs;
      return silentMs > limitMs ? `${who} has not answered for ${Math.round(silentMs / 1000)} s` : undefined;
    },
    stop() {
      stopping = true;
      clearTimeout(timer);
    },
  };
}
