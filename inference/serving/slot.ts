// The slot that holds the current model: lease, swap, dispose after the last lease. Nobody ever sees half a model or one that is gone.

export type Lease<M> = { readonly model: M; release(): void };
export type Slot<M> = {
  /** undefined while there is no model. Release every lease exactly once; a second release does nothing. */
  lease(): Lease<M> | undefined;
  /** From now on leases get this model. The old one is disposed when its last lease is released. */
  swap(model: M): void;
  readonly current: () => M | undefined;
};
type Held<M> = { readonly model: M; leases: number; retired: boolean };

export function createSlot<M>(dispose: (model: M) => void): Slot<M> {
  let held: Held<M> | undefined;
  const disposeIfDone = (one: Held<M>): void => {
    if (one.retired && one.leases === 0) dispose(one.model);
  };
  return {
    lease() {
      const mine = held;
      if (mine === undefined) return undefined;
      mine.leases += 1;
      let released = false;
      return {
        model: mine.model,
        release() {
          if (released) return;
          released = true;
          mine.leases -= 1;
          disposeIfDone(mine);
        },
      };
    },
    swap(model) {
      const old = held;
      held = { model, leases: 0, retired: false };
      if (old === undefined) return;
      old.retired = true;
      disposeIfDone(old);
    },
    current: () => held?.model,
  };
}
