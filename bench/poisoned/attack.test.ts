import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '../../schemas/random.ts';
import { ATTACKS, isLiar, streamOf, type Attack, type Shown } from './attack.ts';

const CATEGORIES = ['a', 'b', 'c'];
const random = createRandom(1);
const SHOWN: Shown[] = Array.from({ length: 3000 }, (_, i) => {
  const truth = random.pick(CATEGORIES);
  return { text: `t${i}`, truth, predicted: random.next() < 0.8 ? truth : random.pick(CATEGORIES) };
});
const of = (attack: Attack, share = 0.2, names = 1) => streamOf(SHOWN, { attack, share, names, from: 1000 }, CATEGORIES, 'c', createRandom(2));

test('so many lies, from where they begin, under so many names; the same seed tells the same', () => {
  for (const attack of ATTACKS) {
    const stream = of(attack, 0.2, 5);
    const lies = stream.filter(({ isLie }) => isLie);
    assert.ok(lies.length > 340 && lies.length < 460, `${attack}: ${lies.length}`);
    assert.ok(stream.slice(0, 1000).every(({ isLie }) => !isLie));
    assert.equal(new Set(lies.map(({ event }) => event.source)).size, 5);
    assert.ok(stream.every(({ isLie, event }) => isLie === isLiar(event.source) && !(isLie && event.audit)));
  }
  assert.deepEqual(of('push'), of('push'));
});
test('each lies as it says', () => {
  const truths = new Map(SHOWN.map(({ text, truth }) => [text, truth]));
  const lies = (attack: Attack) => of(attack).filter(({ isLie }) => isLie).map(({ event, text }) => ({ label: event.label, predicted: event.predicted, truth: truths.get(text) }));
  assert.ok(lies('random').every(({ label, truth }) => label !== truth));
  assert.ok(lies('push').every(({ label }) => label === 'c'));
  assert.ok(lies('alarm').every(({ label, predicted, truth }) => label !== predicted && label !== truth));
  assert.ok(lies('hide').every(({ label, predicted, truth }) => label === predicted && label !== truth));
  assert.ok(streamOf(SHOWN, undefined, CATEGORIES, 'c', createRandom(2)).filter(({ event, text }) => event.label !== truths.get(text)).length < 60, 'honest people err seldom');
});
