import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, type Random } from '../../schemas/random.ts';
import { worthTraining, usable } from '../jobs/claim.ts';
import { judge, mcNemarP } from '../model/evaluate.ts';
import { gate, winnerOf, type Contest, type GateInput, type GateVerdict } from './gate.ts';
import { compare, type Comparison } from './paired.ts';

/** label, what the champion says, what the challenger says, how many rows */
type Segment = readonly [label: string, champion: string, challenger: string, rows: number];
const rows = (...segments: readonly Segment[]): Comparison => compare(segments.flatMap(([label, champion, challenger, n]) => Array.from({ length: n }, () => ({ label, champion, challenger }))));
/** n rows of each of a and b: of each, what both have right, only the champion, only the challenger, and nobody. */
const even = (both: number, champion: number, challenger: number, nobody: number): Comparison =>
  rows(...(['a', 'b'] as const).flatMap((label): Segment[] => {
    const other = label === 'a' ? 'b' : 'a';
    return [[label, label, label, both], [label, label, other, champion], [label, other, label, challenger], [label, other, other, nobody]];
  }));
const RULES = { margin: 0.01, classMargin: 0.03, alpha: 0.05, minSupport: 20 };
const AB = ['a', 'b'];
const NOTHING = rows();
const SAME = even(900, 0, 0, 100);
/** 1000 rows of a and 1000 of b, of which the champion has 900 right; recently 70 of 100, and the challenger 19 more. */
const contest: Contest = { champion: AB, challenger: ['b', 'a'], holdOut: SAME, recent: even(69, 1, 20, 10) };
const BASE: GateInput = { cause: 'drift', force: false, minF1: 0.5, majorityF1: 0.4, contest, first: SAME.challenger, challengers: 1 };
const drift = (more: Partial<Contest>, input: Partial<GateInput> = {}): GateInput => ({ ...BASE, ...input, contest: { ...contest, ...more } });
const manual = (more: Partial<Contest>, input: Partial<GateInput> = {}): GateInput => drift({ recent: even(70, 0, 0, 30), ...more }, { cause: 'manual', ...input });
/** A third category of 40 rows beside a and b, of which the champion has 30 right. */
const withSmall = (stillRight: number, rowsOfC = 40, championRight = 30): Comparison =>
  rows(['a', 'a', 'a', 900], ['a', 'b', 'b', 100], ['b', 'b', 'b', 900], ['b', 'a', 'a', 100], ['c', 'c', 'c', stillRight], ['c', 'c', 'a', championRight - stillRight], ['c', 'a', 'a', rowsOfC - championRight]);
const ABC = [...AB, 'c'];

const TABLE: { name: string; input: GateInput; status: GateVerdict['status']; says: RegExp; warns?: RegExp }[] = [
  { name: 'drift: significantly better on recent rows, not worse on the hold-out', input: BASE, status: 'passed', says: /better on the recent rows: weighted F1 0\.89.*40 rows gained, 2 lost of 200/ },
  { name: 'drift: better, but not significantly', input: drift({ recent: even(69, 1, 3, 27) }), status: 'rejected', says: /not significantly better.*6 rows gained, 2 lost/ },
  { name: 'drift: five rows gained and none lost is as little as is enough', input: drift({ recent: rows(['a', 'a', 'a', 20], ['a', 'b', 'a', 5], ['b', 'b', 'b', 20]) }), status: 'passed', says: /p = 0\.0312/ },
  { name: 'drift: four rows gained and none lost are too few', input: drift({ recent: rows(['a', 'a', 'a', 20], ['a', 'b', 'a', 4], ['b', 'b', 'b', 20]) }), status: 'rejected', says: /p = 0\.0625/ },
  { name: 'drift: significantly worse is not better', input: drift({ recent: even(50, 30, 1, 19) }), status: 'rejected', says: /not significantly better/ },
  { name: 'drift: two challengers share the level', input: drift({ recent: rows(['a', 'a', 'a', 20], ['a', 'b', 'a', 5], ['b', 'b', 'b', 20]) }, { challengers: 2 }), status: 'rejected', says: /level 0\.025/ },
  { name: 'drift: no recent rows', input: drift({ recent: NOTHING }), status: 'rejected', says: /absent/ },
  { name: 'drift: no hold-out', input: drift({ holdOut: NOTHING }), status: 'rejected', says: /no hold-out rows/ },
  { name: 'drift: worse on the hold-out overall', input: drift({ holdOut: even(870, 30, 0, 100) }), status: 'rejected', says: /worse on the hold-out: weighted F1 0\.8700, champion 0\.9000 \(2000 rows\), margin 0\.01/ },
  { name: 'drift: worse on the hold-out in one category', input: drift({ holdOut: withSmall(5), champion: ABC, challenger: ABC }), status: 'rejected', says: /worse on the hold-out in c: F1 .* \(40 rows\), more than noise explains/ },
  { name: 'drift: within the margin is not worse', input: drift({ holdOut: even(894, 6, 0, 100) }), status: 'passed', says: /not worse/ },
  { name: 'drift: a small category that loses as little as chance may take', input: drift({ holdOut: withSmall(28), champion: ABC, challenger: ABC }), status: 'passed', says: /not worse/ },
  { name: 'drift: a category with too few rows is not judged, and that is said', input: drift({ holdOut: withSmall(0, 10, 8), champion: ABC, challenger: ABC }), status: 'passed', says: /not worse/, warns: /too few hold-out rows to judge by, at least 20 are needed: c \(10\)/ },
  { name: 'manual: better somewhere and worse nowhere', input: manual({ holdOut: even(900, 2, 4, 94) }), status: 'passed', says: /better somewhere \(on the hold-out\)/ },
  { name: 'manual: better on the recent rows only', input: manual({ recent: even(70, 0, 1, 29) }), status: 'passed', says: /better somewhere \(on the recent rows\)/ },
  { name: 'manual: better in one category, beyond noise, and a little worse overall', input: manual({ holdOut: rows(['a', 'a', 'a', 885], ['a', 'a', 'b', 15], ['a', 'b', 'b', 100], ['b', 'b', 'b', 900], ['b', 'a', 'a', 100], ['c', 'c', 'c', 20], ['c', 'a', 'c', 15], ['c', 'a', 'a', 5]), champion: ABC, challenger: ABC }), status: 'passed', says: /better somewhere/ },
  { name: 'manual: better nowhere', input: manual({}), status: 'rejected', says: /better nowhere/ },
  { name: 'manual: no recent rows are no obstacle', input: manual({ holdOut: even(900, 2, 4, 94), recent: NOTHING }), status: 'passed', says: /better somewhere/ },
  { name: 'manual: worse on the recent rows', input: manual({ holdOut: even(900, 2, 4, 94), recent: even(50, 20, 1, 29) }), status: 'rejected', says: /worse on the recent rows: weighted/ },
  { name: 'manual: forced, with what speaks against it as warnings', input: manual({ holdOut: even(500, 400, 0, 100) }, { force: true }), status: 'passed', says: /forced/, warns: /worse on the hold-out: weighted/ },
  { name: 'no champion: better than the majority class', input: { ...BASE, contest: undefined }, status: 'passed', says: /majority/ },
  { name: 'no champion: not better than the majority class', input: { ...BASE, contest: undefined, majorityF1: 0.95 }, status: 'rejected', says: /majority/ },
  { name: 'no champion: forced', input: { ...BASE, contest: undefined, majorityF1: 0.95, force: true }, status: 'passed', says: /forced/, warns: /majority/ },
  { name: 'other categories: compared on the common ones, then an admin decides', input: drift({ challenger: ['a', 'b', 'd'] }), status: 'needs approval', says: /other categories than the champion \(new: d\)/ },
  { name: 'other categories and worse on the common ones', input: drift({ challenger: ['a', 'b', 'd'], champion: ['a', 'b', 'e'], holdOut: even(800, 100, 0, 100) }), status: 'rejected', says: /worse on the hold-out/ },
  { name: 'other categories and nothing in common', input: drift({ challenger: ['x', 'y'], holdOut: NOTHING, recent: NOTHING }), status: 'rejected', says: /no hold-out rows in common \(new: x, y; gone: a, b\)/ },
  { name: 'other categories, forced by an admin', input: drift({ challenger: ['a', 'b', 'd'] }, { force: true }), status: 'passed', says: /forced/ },
  { name: 'better, but still below min_f1: passed with a warning', input: { ...BASE, minF1: 0.95 }, status: 'passed', says: /better on the recent rows/, warns: /0\.9000 on the hold-out is below min_f1 0\.95.*on the recent rows is below/ },
];
for (const { name, input, status, says, warns } of TABLE) {
  test(`gate: ${name}`, () => {
    const verdict = gate(input, RULES);
    assert.equal(verdict.status, status, verdict.reasons.join('; '));
    assert.match(verdict.reasons.join('; '), says);
    if (warns === undefined) assert.deepEqual(verdict.warnings, []);
    else assert.match(verdict.warnings.join('; '), warns);
  });
}

type Gate = typeof gate;
const aSegment = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 60 }));
const segments = fc.array(aSegment, { minLength: 1, maxLength: 12 });
const cause = fc.constantFrom('drift', 'manual', 'schedule', 'train_csv', 'human_feedback', 'bootstrap');
const input = (holdOut: readonly Segment[], recent: readonly Segment[], why: string, force = false): GateInput => ({ ...BASE, cause: why, force, contest: { champion: ABC, challenger: ABC, holdOut: rows(...holdOut), recent: rows(...recent) } });
const renamed = (list: readonly Segment[]): Segment[] => list.map(([l, p, q, n]) => [`z${l}`, `z${p}`, `z${q}`, n]);
/** Laws, each with a gate that breaks it. */
const LAWS: { name: string; holds: (gate: Gate) => void; broken: Gate }[] = [
  {
    name: 'a challenger that answers as the champion does never passes',
    holds: (one) => fc.assert(fc.property(segments, segments, cause, (a, b, why) => one(input(a.map(([l, p, , n]) => [l, p, p, n]), b.map(([l, p, , n]) => [l, p, p, n]), why), RULES).status === 'rejected')),
    broken: (given, rules) => ({ ...gate(given, rules), ...(given.contest !== undefined && given.contest.recent.lost === 0 && given.cause === 'drift' ? { status: 'passed' } : {}) }),
  },
  {
    name: 'nobody passes who has lost a whole category the champion knew, whatever it gained elsewhere',
    holds: (one) => fc.assert(fc.property(segments, segments, cause, fc.integer({ min: 20, max: 200 }), (a, b, why, n) => one(input([...a.filter(([l, p, q]) => ![l, p, q].includes('c')), ['c', 'c', 'a', n]], b, why), RULES).status === 'rejected')),
    broken: (given, rules) => gate(given.contest === undefined ? given : { ...given, contest: { ...given.contest, holdOut: given.contest.recent } }, rules),
  },
  {
    name: 'for drift, champion and challenger cannot both win against the other',
    holds: (one) => fc.assert(fc.property(segments, (a) => {
      const turned = a.map(([l, p, q, n]): Segment => [l, q, p, n]);
      return one(input(a, a, 'drift'), RULES).status === 'rejected' || one(input(turned, turned, 'drift'), RULES).status === 'rejected';
    })),
    broken: (given, rules) => ({ ...gate(given, rules), status: 'passed' }),
  },
  {
    name: 'the order of rows and the names of categories change nothing',
    holds: (one) => fc.assert(fc.property(segments, segments, cause, (a, b, why) => {
      const other = input(renamed(a).reverse(), renamed(b).reverse(), why);
      const names = ['za', 'zb', 'zc'];
      return one(input(a, b, why), RULES).status === one(other.contest === undefined ? other : { ...other, contest: { ...other.contest, champion: names, challenger: names } }, RULES).status;
    })),
    broken: (given, rules) => ({ ...gate(given, rules), status: given.contest?.holdOut.categories.some(({ category, delta }) => category === 'a' && delta < 0) === true ? 'rejected' : 'passed' }),
  },
  {
    name: 'an admin who forces is obeyed, and every objection is kept as a warning',
    holds: (one) => fc.assert(fc.property(segments, segments, cause, (a, b, why) => {
      const free = one(input(a, b, why), RULES);
      const forced = one(input(a, b, why, true), RULES);
      return forced.status === 'passed' && (free.status !== 'rejected' || free.reasons.every((reason) => forced.warnings.includes(reason)));
    })),
    broken: (given, rules) => gate({ ...given, force: false }, rules),
  },
];
for (const { name, holds, broken } of LAWS) {
  test(`law of the gate: ${name}`, () => holds(gate));
  test(`law of the gate, shown to bite: ${name}`, () => assert.throws(() => holds(broken)));
}

/** A model that has each label right with the given chance, else says any other. */
const noisy = (random: Random, label: string, right: number): string => (random.next() < right ? label : random.pick(ABC.filter((one) => one !== label)));
/** A hold-out of 1000 rows (600 of a, 340 of b, 60 of c), most of them answered alike; the rest by each on its own. */
function chanceOf(seed: number, skill: (label: string) => number): Comparison {
  const random = createRandom(seed);
  return compare(Array.from({ length: 1000 }, (_, i) => {
    const label = i < 600 ? 'a' : i < 940 ? 'b' : 'c';
    const alike = noisy(random, label, 0.85);
    const [champion, challenger] = [noisy(random, label, 0.85), noisy(random, label, skill(label))];
    return random.next() < 0.7 ? { label, champion: alike, challenger: skill(label) < 0.7 ? challenger : alike } : { label, champion, challenger };
  }));
}
test('noise alone is called worse in at most GATE_ALPHA of runs; a small category that loses half its hits is seen in 97 of 100', () => {
  const RUNS = 400;
  const worse = (skill: (label: string) => number): number =>
    Array.from({ length: RUNS }, (_, seed) => gate(manual({ champion: ABC, challenger: ABC, holdOut: chanceOf(seed, skill) }), RULES).reasons.some((reason) => reason.startsWith('worse on the hold-out'))).filter(Boolean).length;
  const alarms = worse(() => 0.85);
  assert.ok(alarms <= RUNS * RULES.alpha, `${alarms} of ${RUNS}`);
  const seen = worse((label) => (label === 'c' ? 0.425 : 0.85));
  assert.ok(seen >= 0.97 * RUNS, `${seen} of ${RUNS}`);
});
test('of several that pass the one that does best on the recent rows wins, the first of equals; of none nobody', () => {
  const passed = gate(BASE, RULES);
  const rejected = gate(drift({ recent: NOTHING }), RULES);
  assert.equal(winnerOf([{ name: 'candidate', verdict: passed, recentF1: 0.8 }, { name: 'previous', verdict: passed, recentF1: 0.9 }]), 'previous');
  assert.equal(winnerOf([{ name: 'candidate', verdict: passed, recentF1: 0.9 }, { name: 'previous', verdict: passed, recentF1: 0.9 }]), 'candidate');
  assert.equal(winnerOf([{ name: 'candidate', verdict: rejected, recentF1: 0.9 }, { name: 'previous', verdict: passed, recentF1: 0.5 }]), 'previous');
  assert.equal(winnerOf([{ name: 'candidate', verdict: rejected, recentF1: 0.9 }, { name: 'previous', verdict: rejected, recentF1: 0.5 }]), undefined);
});

test('McNemar: exact binomial tails, by hand', () => {
  const TAILS: [number, number, number][] = [[0, 0, 1], [1, 0, 0.5], [5, 0, 1 / 32], [4, 1, 6 / 32], [0, 5, 1], [8, 2, 56 / 1024]];
  for (const [gained, lost, want] of TAILS) assert.ok(Math.abs(mcNemarP(gained, lost) - want) < 1e-12, `${gained} ${lost}`);
  assert.ok(mcNemarP(600, 400) < 1e-9 && mcNemarP(500, 500) > 0.4);
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
