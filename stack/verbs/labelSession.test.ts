import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { begin, brought, itemLines, press, progressLine, type Act, type Item, type Session } from './labelSession.ts';

const CATEGORIES = ['Beverages', 'Toys', 'Home & Garden'];
const item = (id: string, category = 'Toys'): Item => ({ prediction_id: id, product_description: `text of ${id}`, category, probabilities: [{ category: 'Toys', probability: 0.6 }, { category: 'Beverages', probability: 0.4 }], audit: id === 'p1' });
const words = (acts: readonly Act[]): string[] => acts.map((act) => (act.kind === 'give' ? `${act.item.prediction_id}=${act.category ?? 'none'}` : act.kind === 'release' ? `release ${act.ids.join(' ')}` : `lease but ${act.except.join(' ')}`));
const opened = (count: number): Session => brought(begin(CATEGORIES).session, Array.from({ length: count }, (_, i) => item(`p${i}`)), count);

const TABLE: readonly { readonly name: string; readonly keys: string; readonly acts: readonly string[]; readonly first: string | undefined; readonly chosen: string | undefined; readonly given: readonly string[] }[] = [
  { name: 'Enter confirms what the model said', keys: '\r', acts: ['p0=Toys'], first: 'p1', chosen: 'Toys', given: ['p0=Toys'] },
  { name: 'a number chooses, Enter confirms', keys: '13\n', acts: ['p0=Home & Garden'], first: 'p1', chosen: 'Toys', given: ['p0=Home & Garden'] },
  { name: 'a number that names nothing, and other keys, do nothing', keys: '9x0', acts: [], first: 'p0', chosen: 'Toys', given: [] },
  { name: 'undo withdraws and shows it again, with what was chosen', keys: '1\nu', acts: ['p0=Beverages', 'p0=none'], first: 'p0', chosen: 'Beverages', given: [] },
  { name: 'undo goes further back, then has nothing to do', keys: '\n\nuuu', acts: ['p0=Toys', 'p1=Toys', 'p1=none', 'p0=none'], first: 'p0', chosen: 'Toys', given: [] },
  { name: 'skipping gives it back', keys: 's', acts: ['release p0'], first: 'p1', chosen: 'Toys', given: [] },
  { name: 'more are asked for in time, without those in hand and those passed', keys: '\ns\n\n', acts: ['p0=Toys', 'release p1', 'p2=Toys', 'p3=Toys', 'lease but p4 p5 p0 p1 p2 p3'], first: 'p4', chosen: 'Toys', given: ['p0=Toys', 'p2=Toys', 'p3=Toys'] },
  { name: 'q gives back what is in hand', keys: '\nq', acts: ['p0=Toys', 'release p1 p2 p3 p4 p5'], first: undefined, chosen: 'Toys', given: ['p0=Toys'] },
];
for (const { name, keys, acts, first, chosen, given } of TABLE) {
  test(name, () => {
    let session = opened(6);
    const done: Act[] = [];
    for (const key of keys) {
      const step = press(session, key);
      ({ session } = step);
      done.push(...step.acts);
    }
    assert.deepEqual([words(done), session.queue[0]?.prediction_id, session.chosen, session.given.map((one) => `${one.item.prediction_id}=${one.category}`)], [acts, first, chosen, given]);
  });
}
test('at the beginning it asks; nothing left is said, and any key looks again', () => {
  const { session, acts } = begin(CATEGORIES);
  assert.deepEqual(words(acts), ['lease but ']);
  const none = brought(session, [], 0);
  assert.equal(none.status, 'nothing left');
  const again = press(none, ' ');
  assert.deepEqual([words(again.acts), brought(again.session, [item('p9')], 1).chosen], [['lease but '], 'Toys']);
  assert.equal(press(none, '\u0003').session.status, 'over');
});
test('what is handed out twice is shown once: the service may not know yet what was labelled', () => {
  const session = press(opened(2), '\n').session;
  assert.deepEqual(brought(session, [item('p0'), item('p1'), item('p2')], 3).queue.map((one) => one.prediction_id), ['p1', 'p2']);
});
test('law: whatever is pressed, nothing is shown that was passed, and what stands given is the sum of what was told', () => {
  fc.assert(fc.property(fc.array(fc.constantFrom('1', '2', '3', '\n', 'u', 's', 'x'), { maxLength: 60 }), (keys) => {
    let { session } = begin(CATEGORIES);
    let made = 0;
    const told = new Map<string, string>();
    const work = (acts: readonly Act[]): void => {
      for (const act of acts) {
        if (act.kind === 'lease') session = brought(session, Array.from({ length: 2 }, () => item(`p${(made += 1)}`)), 9);
        else if (act.kind === 'give' && act.category === null) told.delete(act.item.prediction_id);
        else if (act.kind === 'give') told.set(act.item.prediction_id, act.category ?? '');
      }
    };
    work(begin(CATEGORIES).acts);
    for (const key of keys) {
      const step = press(session, key);
      ({ session } = step);
      work(step.acts);
      assert.ok(session.queue.every((one) => !session.passed.includes(one.prediction_id)));
      assert.deepEqual(new Map(session.given.map((one) => [one.item.prediction_id, one.category])), told);
    }
  }));
});
test('what is shown: the choice is marked, and a text cannot steer the terminal', () => {
  const session = press(brought(begin(CATEGORIES).session, [{ ...item('p1'), product_description: 'evil \u001b[2J\u202e name' }], 7), '1').session;
  assert.deepEqual(itemLines(session), ['evil \uFFFD[2J\uFFFD name   (audit)', '> 1 Beverages      ████████············ 0.40', '  2 Toys           ████████████········ 0.60', '  3 Home & Garden  ···················· 0.00']);
  assert.equal(progressLine(press(session, '\n').session), '1 labelled, 1 corrected; 7 wait');
});
