import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FIRST_WATCH, MOST_RESTARTS, watchdog, type Action, type Look, type Watch } from './watchdog.ts';

const STALL_MS = 100;
type Step = { readonly at: number; readonly behind?: number | undefined; readonly signs: number; readonly lateMs?: number };
function actionsOf(steps: readonly Step[]): string[] {
  let watch: Watch = FIRST_WATCH;
  return steps.flatMap((step) => {
    const next = watchdog(watch, { behind: 'behind' in step ? step.behind : 5, signs: step.signs, nowMs: step.at, lateMs: step.lateMs ?? 0 }, STALL_MS);
    watch = next.watch;
    return next.action === 'none' ? [] : [`${step.at} ${next.action}`];
  });
}
const every = (from: number, to: number, step: number, more: Partial<Step> = {}): Step[] => Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, i) => ({ at: from + i * step, signs: 0, ...more }));
const TABLE: [name: string, steps: Step[], actions: string[]][] = [
  ['moving, however far behind', Array.from({ length: 100 }, (_, i) => ({ at: i * 10, signs: i, behind: 10_000 })), []],
  ['nothing waits', every(0, 10_000, 50, { behind: 0 }), []],
  ['the broker cannot be asked', every(0, 10_000, 50, { behind: undefined }), []],
  ['still, and records wait: restarted, and ever more patiently', every(0, 700, 10), ['110 restart', '310 restart']],
  ['still through every restart: given up', every(0, 1610, 10), ['110 restart', '310 restart', '710 restart', '1510 give up', '1520 give up', '1530 give up', '1540 give up', '1550 give up', '1560 give up', '1570 give up', '1580 give up', '1590 give up', '1600 give up', '1610 give up']],
  ['a sign after the restart: all is forgiven', [...every(0, 110, 10), ...every(120, 240, 10, { signs: 1 })], ['110 restart', '230 restart']],
  ['the broker away for a while: the time does not count', [...every(0, 90, 10), { at: 100, signs: 0, behind: undefined }, ...every(110, 200, 10)], []],
  ['caught up meanwhile: the time does not count', [...every(0, 90, 10), { at: 100, signs: 0, behind: 0 }, ...every(110, 200, 10)], []],
  ['suspended: begins anew', [...every(0, 50, 10), { at: 5000, signs: 0, lateMs: 4900 }, ...every(5010, 5090, 10)], []],
  ['suspended, and still afterwards', [...every(0, 50, 10), { at: 5000, signs: 0, lateMs: 4900 }, ...every(5010, 5100, 10)], ['5100 restart']],
];
for (const [name, steps, actions] of TABLE) test(`watchdog: ${name}`, () => assert.deepEqual(actionsOf(steps), actions));

const looks = fc.array(fc.record({ behind: fc.option(fc.nat(5), { nil: undefined }), signs: fc.nat(3), step: fc.nat(200), lateMs: fc.nat(30) }), { maxLength: 200 });
test('laws: who gives a sign is never touched, who is not behind is never touched, and before giving up there were all the restarts', () => {
  fc.assert(fc.property(looks, (list) => {
    let [watch, nowMs, restarts]: [Watch, number, number] = [FIRST_WATCH, 0, 0];
    for (const { behind, signs, step, lateMs } of list) {
      nowMs += step;
      const look: Look = { behind, signs, nowMs, lateMs };
      const before = watch;
      const next: { watch: Watch; action: Action } = watchdog(before, look, STALL_MS);
      if (signs !== before.signs) restarts = 0;
      if (next.action === 'restart') restarts += 1;
      if (next.action !== 'none') assert.ok(signs === before.signs && behind !== undefined && behind > 0);
      if (next.action === 'give up') assert.equal(restarts, MOST_RESTARTS);
      watch = next.watch;
    }
  }));
});
