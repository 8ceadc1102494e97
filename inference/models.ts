// Keeps the slot on the newest promotion of our model: follows `models`, loads, swaps; a failed load keeps the old model and is tried again.
import type { Log } from '../producers/kafka.ts';
import type { ModelPromoted } from '../schemas/events.ts';
import { kindOf, messageOf } from '../schemas/failure.ts';
import type { ReadObject } from '../consumers/objects.ts';
import { loadModel, type ServingModel } from './loader.ts';
import type { Slot } from './slot.ts';

export type ModelKeeper = { offer(event: ModelPromoted): void; caughtUp(): void; readonly failure: () => string | undefined; stop(): void };
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;

/** offer: every promotion read, in order; nothing is loaded before caughtUp, then only the newest. A lower promotion_seq than one seen is ignored. */
export function keepModel({ modelName, slot, read, log, onSwap }: { modelName: string; slot: Slot<ServingModel>; read: ReadObject; log: Log; onSwap: (model: ServingModel) => void }): ModelKeeper {
  let wanted: ModelPromoted | undefined;
  let ready = false;
  let loading = false;
  let stopped = false;
  let failure: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;

  async function load(): Promise<void> {
    if (!ready || loading || stopped || wanted === undefined || (slot.current()?.promotionSeq ?? 0) >= wanted.promotion_seq) return;
    loading = true;
    const event = wanted;
    try {
      const model = await loadModel(event, read);
      slot.swap(model);
      failure = undefined;
      onSwap(model);
      log.info({ model_version: model.version, promotion_seq: model.promotionSeq }, 'model serves');
    } catch (error) {
      failure = `${event.model_version} cannot be loaded: ${messageOf(error)}`;
      log.error({ model_version: event.model_version, reason: messageOf(error) }, 'model not loaded, the old one stays');
      if (kindOf(error) === 'transient' && !stopped) {
        retry = setTimeout(() => void load(), retryMs);
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
      }
    } finally {
      loading = false;
    }
    if (wanted !== event) void load();
  }
  return {
    offer(event) {
      if (event.model_name !== modelName || event.promotion_seq <= (wanted?.promotion_seq ?? 0)) return;
      wanted = event;
      clearTimeout(retry);
      retryMs = FIRST_RETRY_MS;
      void load();
    },
    caughtUp() {
      ready = true;
      void load();
    },
    failure: () => failure,
    stop() {
      stopped = true;
      clearTimeout(retry);
    },
  };
}
