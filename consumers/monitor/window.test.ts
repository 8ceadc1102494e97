// Law of the window: at every label it holds the newest whole buckets up to the wanted labels, none too old; counted anew or kept up to date, it is the same.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cellsOf } from '../../schemas/confusion.ts';
import type { Labelled } from '../../schemas/events.ts';
import { scoresFrom, scoresOf } from '../../schemas/f1.ts';
import { logOf } from './log.testing.ts';
import { addTo, type Cells } from './cells.ts';
import { createTallies } from './tallies.ts';
import { createRunningWindow, windowOf, type RunningWindow } from './window.ts';

const BUCKET_MS = 100;
const WANTED = { windowLabels: 40, windowMaxAgeMs: 5000 };
type Broken = (window: RunningWindow) => Partial<RunningWindow>;

/** Counted from the current labels alone. */
function expected(current: Iterable<Labelled>, nowMs: number): { cells: Cells; labels: number } {
  const buckets = Map.groupBy([...current].filter((one) => one.label !== null), (one) => Math.floor(one.labelled_at / BUCKET_MS));
  const cells: Cells = new Map();
  let labels = 0;
  for (const key of [...buckets.keys()].sort((a, b) => b - a)) {
    if (labels >= WANTED.windowLabels || key * BUCKET_MS < nowMs - WANTED.windowMaxAgeMs) break;
    for (const one of buckets.get(key) ?? []) addTo(cells, one.label ?? '', one.predicted, 1);
    labels += buckets.get(key)?.length ?? 0;
  }
  return { cells, labels };
}
const law = (broken: Broken) => fc.property(fc.integer(), fc.constantFrom(5, 60, 800, 3000), (seed, stepMs) => {
  const tallies = createTallies(() => [{ fromMs: 0, lengthMs: BUCKET_MS }]);
  const right = createRunningWindow(tallies, () => WANTED);
  const window = { ...right, ...broken(right) };
  const current = new Map<string, Labelled>();
  for (const event of logOf(seed, 200, 1, stepMs)) {
    const nowMs = event.labelled_at;
    window.fit(nowMs);
    if (event.previous_label !== null && event.previous_labelled_at !== null) window.follow(tallies.add(event.previous_label, event.predicted, event.previous_labelled_at, -1), event.previous_label, event.predicted, -1);
    if (event.label !== null) window.follow(tallies.add(event.label, event.predicted, nowMs, 1), event.label, event.predicted, 1);
    window.fit(nowMs);
    current.set(event.prediction_id, event);
    const want = expected(current.values(), nowMs);
    const anew = windowOf(tallies.buckets(), WANTED.windowLabels, WANTED.windowMaxAgeMs, nowMs);
    assert.deepEqual([cellsOf(anew.cells), anew.labels], [cellsOf(want.cells), want.labels]);
    assert.deepEqual([cellsOf(right.cells), right.labels, right.fromMs], [cellsOf(want.cells), want.labels, anew.fromMs]);
    assert.deepEqual(scoresFrom(right.marginals), scoresOf(want.cells));
  }
});
test('law: the window is the newest whole buckets at every prefix, and its scores are those of its cells', () => {
  fc.assert(law(() => ({})), { numRuns: 40 });
});
const BROKEN: readonly (readonly [string, Broken])[] = [
  ['it never ages', (window) => ({ fit: () => window.fit(0) })],
  ['it forgets corrections', (window) => ({ follow: (bucket, label, predicted, by) => (by === 1 ? window.follow(bucket, label, predicted, by) : undefined) })],
  ['it is fitted only now and then', (window) => ({ fit: (nowMs) => (nowMs % 3 === 0 ? window.fit(nowMs) : undefined) })],
];
for (const [what, broken] of BROKEN) {
  test(`the law can fail: ${what}`, () => {
    assert.throws(() => fc.assert(law(broken), { numRuns: 40, seed: 2 }));
  });
}
