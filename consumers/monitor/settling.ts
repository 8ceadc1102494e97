// Predictions whose label may not speak yet (SETTLE): each is fed once, with the label it has when stream time passes its age, in the order of (that time, id).

export type Unsettled = { readonly id: string; readonly modelName: string; readonly modelVersion: string; readonly dueMs: number; readonly predictedAt: number; readonly predicted: string; readonly audit: boolean; label: string | null; /** who gave it */ source: string; /** of its first label in `labelled` */ readonly offset: number };
export type Settling = {
  /** offsets must not fall from call to call */
  add(one: Unsettled): void;
  /** The label of a waiting prediction changes; false when it does not wait. */
  relabel(id: string, label: string | null, source: string): boolean;
  /** Takes out the first whose time has come by `nowMs`. */
  next(nowMs: number): Unsettled | undefined;
  /** Where the log must be read from to know all that wait; undefined: none waits. */
  oldestOffset(): number | undefined;
  readonly size: () => number;
};
const before = (a: Unsettled, b: Unsettled): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.id < b.id);

/** A binary heap beside a map in the order of offsets. */
export function createSettling(): Settling {
  const waiting = new Map<string, Unsettled>();
  const heap: Unsettled[] = [];
  const swapIfBefore = (child: number, parent: number): boolean => {
    const [a, b] = [heap[child], heap[parent]];
    if (a === undefined || b === undefined || !before(a, b)) return false;
    heap[child] = b;
    heap[parent] = a;
    return true;
  };
  function sink(at: number): void {
    for (let parent = at; ;) {
      const [left, right] = [heap[2 * parent + 1], heap[2 * parent + 2]];
      if (left === undefined) return;
      const child = right !== undefined && before(right, left) ? 2 * parent + 2 : 2 * parent + 1;
      if (!swapIfBefore(child, parent)) return;
      parent = child;
    }
  }
  return {
    add(one) {
      waiting.set(one.id, one);
      heap.push(one);
      for (let child = heap.length - 1; child > 0 && swapIfBefore(child, (child - 1) >> 1); child = (child - 1) >> 1);
    },
    relabel(id, label, source) {
      const found = heap.length === 0 ? undefined : waiting.get(id);
      if (found === undefined) return false;
      found.label = label;
      found.source = source;
      return true;
    },
    next(nowMs) {
      const first = heap[0];
      if (first === undefined || first.dueMs > nowMs) return undefined;
      const last = heap.pop();
      if (last !== undefined && heap.length > 0) {
        heap[0] = last;
        sink(0);
      }
      waiting.delete(first.id);
      return first;
    },
    oldestOffset: () => (heap.length === 0 ? undefined : waiting.values().next().value?.offset),
    size: () => heap.length,
  };
}
