import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCell, emptyConfusion } from '../schemas/confusion.ts';
import { scoresOf, type Scores } from '../schemas/f1.ts';
import { worthTraining, usable } from './claim.ts';
import { discordant, judge, mcNemarP } from './evaluate.ts';
import { gate, type GateInput } from './gate.ts';

/** Scores of 2 × n labels over a and b, of which `rightA` and `rightB` of each n are hit. */
const scores = (rightA: number, rightB: number, n = 100): Scores => scoresOf(([['a', 'a', rightA], ['a', 'b', n - rightA], ['b', 'b', rightB], ['b', 'a', n - rightB]] as const).reduce((cells, [l, p, by]) => (by === 0 ? cells : addCell(cells, l, p, by)), emptyConfusion));
const RULES = { margin: 0.01, classMargin: 0.03, alpha: 0.05, minSupport: 50 };
const BASE: GateInput = {
  cause: 'drift', force: false, minF1: 0.5, majorityF1: 0.4, categories: ['a', 'b'], candidate: { holdOut: scores(90, 90), recent: scores(90, 90) },
  champion: { holdOut: scores(90, 90), recent: scores(70, 70), categories: ['b', 'a'], gained: 40, lost: 2 },
};
const champion = BASE.champion;
if (champion === undefined) throw new Error('the table needs a champion');

const TABLE: { name: string; input: GateInput; status: 'passed' | 'rejected'; says: RegExp }[] = [
  { name: 'drift: significantly better on recent rows, not worse on the hold-out', input: BASE, status: 'passed', says: /better on the recent rows/ },
  { name: 'drift: better, but not significantly', input: { ...BASE, champion: { ...champion, gained: 3, lost: 1 } }, status: 'rejected', says: /not significantly better/ },
  { name: 'drift: no recent rows', input: { ...BASE, candidate: { ...BASE.candidate, recent: scoresOf(emptyConfusion) }, champion: { ...champion, recent: scoresOf(emptyConfusion), gained: 0, lost: 0 } }, status: 'rejected', says: /absent/ },
  { name: 'drift: worse on the hold-out overall', input: { ...BASE, candidate: { ...BASE.candidate, holdOut: scores(85, 85) } }, status: 'rejected', says: /worse on the hold-out: weighted/ },
  { name: 'drift: worse on the hold-out in one category', input: { ...BASE, candidate: { ...BASE.candidate, holdOut: scores(76, 99) } }, status: 'rejected', says: /worse on the hold-out in a/ },
  { name: 'drift: within the margin is not worse', input: { ...BASE, candidate: { ...BASE.candidate, holdOut: scores(89, 90) } }, status: 'passed', says: /not worse/ },
  { name: 'manual: better somewhere and worse nowhere', input: { ...BASE, cause: 'manual', candidate: { holdOut: scores(92, 92), recent: scores(70, 70) } }, status: 'passed', says: /better somewhere/ },
  { name: 'manual: better nowhere', input: { ...BASE, cause: 'manual', candidate: { holdOut: scores(90, 90), recent: scores(70, 70) } }, status: 'rejected', says: /better nowhere/ },
  { name: 'manual: worse on the recent rows', input: { ...BASE, cause: 'manual', candidate: { holdOut: scores(95, 95), recent: scores(60, 60) } }, status: 'rejected', says: /worse on the recent rows/ },
  { name: 'manual: forced', input: { ...BASE, cause: 'manual', force: true, candidate: { holdOut: scores(50, 50), recent: scores(50, 50) } }, status: 'passed', says: /forced/ },
  { name: 'no champion: better than the majority class', input: { ...BASE, champion: undefined }, status: 'passed', says: /majority/ },
  { name: 'no champion: not better than the majority class', input: { ...BASE, champion: undefined, majorityF1: 0.95 }, status: 'rejected', says: /majority/ },
  { name: 'other categories need an admin', input: { ...BASE, categories: ['a', 'b', 'c'] }, status: 'rejected', says: /other categories/ },
];
for (const { name, input, status, says } of TABLE) {
  test(`gate: ${name}`, () => {
    const verdict = gate(input, RULES);
    assert.equal(verdict.status, status, verdict.reasons.join('; '));
    assert.match(verdict.reasons.join('; '), says);
  });
}
test('gate: better but still below min_f1 is promoted with a warning', () => {
  const verdict = gate({ ...BASE, minF1: 0.99 }, RULES);
  assert.equal(verdict.status, 'passed');
  assert.match(verdict.warnings.join(), /below min_f1/);
});

test('McNemar: exact binomial tails, by hand', () => {
  const TAILS: [number, number, number][] = [[0, 0, 1], [1, 0, 0.5], [5, 0, 1 / 32], [4, 1, 6 / 32], [0, 5, 1], [8, 2, 56 / 1024]];
  for (const [gained, lost, want] of TAILS) assert.ok(Math.abs(mcNemarP(gained, lost) - want) < 1e-12, `${gained} ${lost}`);
  assert.ok(mcNemarP(600, 400) < 1e-9 && mcNemarP(500, 500) > 0.4);
  assert.deepEqual(discordant([true, false, false, true], [false, true, true, true]), { gained: 2, lost: 1 });
});

test('judging counts cells and keeps the order of right and wrong', () => {
  const judged = judge([{ product_description: 'x', category: 'a' }, { product_description: 'y', category: 'b' }], () => 'a');
  assert.deepEqual(judged.right, [true, false]);
  assert.equal(judged.scores.micro, 0.5);
});

const REQUEST = { retrain_id: 'm/v1/1', model_name: 'm', model_version: 'v1', cause: 'drift', requested_at: 0, requested_by: '', threshold: null, live_f1: null, evidence_json: '', newest_predicted_at: 100, params_json: '{}', force: false };
test('claims: only drift and schedule are ever skipped', () => {
  const facts = { request: REQUEST, autoRetrain: 'on' as const, champion: { version: 'v1', promotedAtMs: 50 }, laterRetrainId: undefined };
  assert.equal(worthTraining(facts).status, 'train');
  const skipped = (more: Partial<Parameters<typeof worthTraining>[0]>) => {
    const worth = worthTraining({ ...facts, ...more });
    return worth.status === 'skip' ? worth.outcome : worth.status;
  };
  assert.equal(skipped({ autoRetrain: 'off' }), 'cancelled');
  assert.equal(skipped({ laterRetrainId: 'm/v1/2' }), 'superseded');
  assert.equal(skipped({ champion: { version: 'v2', promotedAtMs: 101 } }), 'stale');
  assert.equal(skipped({ champion: { version: 'v2', promotedAtMs: 99 } }), 'train');
  assert.equal(skipped({ request: { ...REQUEST, cause: 'manual' }, autoRetrain: 'off', laterRetrainId: 'x', champion: { version: 'v2', promotedAtMs: 101 } }), 'train');
});
test('what a request asks for reaches the training', () => {
  const checked = usable({ ...REQUEST, params_json: '{"epoch_num": 3, "best_model_metric": "eval_f1_min", "unknown": 1, "on_bad_rows": "set_aside", "train_file_s3": "s3://dataset/a.csv"}' }, ['dataset']);
  assert.deepEqual(checked.status === 'usable' && checked.params, { epoch_num: 3, best_model_metric: 'eval_f1_min', on_bad_rows: 'set_aside', train_file_s3: 's3://dataset/a.csv' });
});
test('unusable requests are named', () => {
  const reason = (more: Partial<typeof REQUEST>): string => {
    const checked = usable({ ...REQUEST, ...more }, ['dataset']);
    return checked.status === 'unusable' ? checked.reason : 'usable';
  };
  assert.equal(reason({}), 'usable');
  assert.match(reason({ cause: 'boredom' }), /boredom/);
  assert.match(reason({ params_json: '{' }), /params_json is not JSON/);
  assert.match(reason({ params_json: '{"epoch_num": 0}' }), /epoch_num/);
  assert.match(reason({ params_json: '{"best_model_metric": "f1"}' }), /best_model_metric must be eval_f1 or eval_f1_min/);
  assert.match(reason({ params_json: '{"train_file_s3": "x"}' }), /train_file_s3/);
  assert.match(reason({ params_json: '{"train_file_s3": "s3://models/x.csv"}' }), /train_file_s3 names the bucket 'models'/);
  assert.match(reason({ params_json: '{"on_bad_rows": "ignore"}' }), /on_bad_rows must be refuse or set_aside/);
  assert.match(reason({ cause: 'train_csv' }), /train_file_s3 is missing/);
  assert.match(reason({ cause: 'human_feedback' }), /train_dir_s3 is missing/);
  assert.match(reason({ retrain_id: '' }), /retrain_id/);
});
