// Keeps the slot on the newest promotion of our model: follows `models`, loads, swaps. A failed load keeps the old model and is tried again; where there is
// no old model yet (at the start), the newest earlier promotion that can be loaded serves meanwhile: it is the one that served before.
import type { Log } from '../../producers/kafka.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { kindOf, messageOf } from '../../schemas/failure.ts';
import type { ReadObject } from '../../consumers/objects.ts';
import { loadModel, type ServingModel } from './loader.ts';
import type { Slot } from './slot.ts';

export type ModelKeeper = {
  offer(event: ModelPromoted): void;
  caughtUp(): void;
  readonly failure: () => string | undefined;
  /** How many promotions the newest one is ahead of the one that serves: 0 when this instance has converged. */
  readonly behind: () => number;
  stop(): void;
};
const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 60_000;
const KEPT = 20;

/** The promotion before this one, as its event tells it: the log may have been compacted to the newest. */
function previousOf(event: ModelPromoted): ModelPromoted | undefined {
  const { previous_version, previous_promotion_seq, previous_manifest_uri, previous_manifest_sha256, previous_weights_sha256 } = event;
  if (previous_version === null || previous_promotion_seq === null || previous_manifest_uri === null || previous_manifest_sha256 === null || previous_weights_sha256 === null) return undefined;
  return {
    ...event, model_version: previous_version, promotion_seq: previous_promotion_seq, manifest_uri: previous_manifest_uri, manifest_sha256: previous_manifest_sha256, weights_sha256: previous_weights_sha256,
    previous_version: null, previous_promotion_seq: null, previous_manifest_uri: null, previous_manifest_sha256: null, previous_weights_sha256: null,
  };
}

/** offer: every promotion read, in order; nothing is loaded before caughtUp, then only the newest. A lower promotion_seq than one seen is ignored. */
export function keepModel({ modelName, slot, read, log, onSwap }: { modelName: string; slot: Slot<ServingModel>; read: ReadObject; log: Log; onSwap: (model: ServingModel) => void }): ModelKeeper {
  /** Newest last. */
  let seen: ModelPromoted[] = [];
  let ready = false;
  let loading = false;
  let stopped = false;
  let failure: string | undefined;
  let retry: NodeJS.Timeout | undefined;
  let retryMs = FIRST_RETRY_MS;
  const wanted = (): ModelPromoted | undefined => seen.at(-1);
  const servingSeq = (): number => slot.current()?.promotionSeq ?? 0;

  async function serve(event: ModelPromoted): Promise<void> {
    const model = await loadModel(event, read);
    if (stopped) return;
    slot.swap(model);
    if (event.promotion_seq === wanted()?.promotion_seq) failure = undefined;
    onSwap(model);
    log.info({ model_version: model.version, promotion_seq: model.promotionSeq }, 'model serves');
  }
  /** Only for an empty slot. */
  async function fallBack(): Promise<void> {
    for (const event of seen.slice(0, -1).reverse()) {
      try {
        await serve(event);
        return;
      } catch (error) {
        log.error({ model_version: event.model_version, reason: messageOf(error) }, 'an earlier model cannot be loaded either');
        // S3 is away: it is so for all of them.
        if (kindOf(error) === 'transient') return;
      }
    }
  }
  async function load(): Promise<void> {
    const event = wanted();
    if (!ready || loading || stopped || event === undefined || servingSeq() >= event.promotion_seq) return;
    loading = true;
    try {
      await serve(event);
    } catch (error) {
      failure = `${event.model_version} cannot be loaded: ${messageOf(error)}`;
      log.error({ model_version: event.model_version, reason: messageOf(error) }, 'model not loaded, the old one stays');
      if (slot.current() === undefined) await fallBack();
      // Damaged bytes too: what S3 gives may be whole the next time, or be put back.
      if (!stopped) {
        retry = setTimeout(() => void load(), retryMs);
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
      }
    } finally {
      loading = false;
    }
    if (wanted() !== event) void load();
  }
  return {
    offer(event) {
      const newest = wanted()?.promotion_seq ?? 0;
      if (event.model_name !== modelName || event.promotion_seq <= newest) return;
      const before = previousOf(event);
      if (before !== undefined && before.promotion_seq > newest && before.promotion_seq < event.promotion_seq) seen.push(before);
      seen = [...seen, event].slice(-KEPT);
      clearTimeout(retry);
      retryMs = FIRST_RETRY_MS;
      void load();
    },
    caughtUp() {
      ready = true;
      void load();
    },
    failure: () => failure,
    behind: () => Math.max(0, (wanted()?.promotion_seq ?? 0) - servingSeq()),
    stop() {
      stopped = true;
      clearTimeout(retry);
    },
  };
}
