import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFacts, compareMaps, renderChecks } from './compare.ts';
import { oracle, type LoggedFeedback, type LoggedPrediction } from './oracle.ts';

const RULES = { horizonMs: 1000, earlyHorizonMs: 100, ranks: new Map([['expert', 2]]) };
const p = (offset: number, timeMs: number, id: string, category = 'a'): LoggedPrediction => ({ partition: 0, offset, timeMs, id, model: 'm', version: 'v1', category, categories: ['a', 'b'], text: id });
const f = (offset: number, timeMs: number, id: string, feedbackId: string, category: string | null, source = 'user'): LoggedFeedback => ({ partition: 0, offset, timeMs, id, feedbackId, category, source });

test('the oracle counts a small log as a person would', () => {
  const expected = oracle(
    [p(0, 10, 'x'), p(1, 11, 'y', 'b'), p(2, 12, 'z'), p(3, 13, 'x', 'b')],
    [f(0, 5, 'x', '1', 'b'), f(1, 20, 'x', '1', 'a'), f(2, 30, 'x', '2', 'a'), f(3, 40, 'y', '3', 'b', 'expert'), f(4, 50, 'y', '4', 'a'), f(5, 60, 'z', '5', 'a'), f(6, 70, 'z', '6', null), f(7, 2000, 'z', '7', 'a'), f(8, 80, 'q', '8', 'a')], RULES);
  assert.deepEqual(expected.revisions.map((one) => `${one.id}${one.revision} ${one.previous ?? '-'}>${one.label ?? '-'}`), ['x0 ->b', 'x1 b>a', 'y0 ->b', 'z0 ->a', 'z1 a>-']);
  assert.deepEqual([...(expected.cells.get('m/v1') ?? [])], [['a → a', 1], ['b → b', 1]]);
  assert.equal(expected.unlabelled, 1);
});
test('a comparison names what is missing, wrong and unexpected', () => {
  const check = compareMaps('cells', new Map([['a', '1'], ['b', '2']]), new Map([['b', '3'], ['c', '4']]));
  assert.deepEqual(check.differences, ['a: missing (expected 1)', 'b: is 3, expected 2', 'c: unexpected (4)']);
  assert.match(renderChecks([check]).at(-1) ?? '', /3 differences/);
  assert.match(renderChecks([checkFacts('x', [[true, 'fine']])]).at(-1) ?? '', /zero differences/);
});
