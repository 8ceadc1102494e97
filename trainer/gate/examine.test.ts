import assert from 'node:assert/strict';
import { test } from 'node:test';
import { examine, type Exam, type Examinee } from './examine.ts';
import { reportOf, wordsOf } from './report.ts';
import { reportPage } from './reportPage.ts';

const RULES = { margin: 0.01, classMargin: 0.03, alpha: 0.05, minSupport: 20 };
const AB = ['a', 'b'];
/** Texts say their label and a number. */
const rowsOf = (kind: string, n: number) => Array.from({ length: n }, (_, i) => ({ product_description: `${kind} ${i % 2 === 0 ? 'a' : 'b'} ${i}`, category: i % 2 === 0 ? 'a' : 'b', fold: i % 3 === 0 ? 0 : 1 }));
const labelIn = (text: string): string => text.split(' ')[1] ?? '';
const wrongOf = (label: string): string => (label === 'a' ? 'b' : 'a');
/** Right on all but every k-th row of a kind. */
const model = (wrongEvery: Readonly<Record<string, number>>, categories: readonly string[] = AB): Examinee => ({
  categories,
  answer(text) {
    const [kind = '', label = '', number = '0'] = text.split(' ');
    return Number(number) % (wrongEvery[kind] ?? 1e9) === 0 ? wrongOf(label) : label;
  },
});
const good = model({ old: 11, new: 11 });
const stale = model({ old: 11, new: 3 });
const exam: Exam = { cause: 'drift', force: false, minF1: 0.5, holdOut: rowsOf('old', 400), recent: rowsOf('new', 300), candidate: { ...good, crossFitted: [] }, champion: stale, previous: undefined };

test('a recent row is answered by the model of its fold, which has not trained on it', () => {
  const blank = { categories: AB, answer: (text: string) => wrongOf(labelIn(text)) };
  const crossed = examine({ ...exam, candidate: { ...good, crossFitted: [blank.answer, good.answer] } }, RULES);
  const [entry] = crossed.entries;
  // Every third row is of fold 0, whose model is always wrong.
  assert.equal(entry?.recent.challenger.cells.get('a')?.get('b'), rowsOf('new', 300).filter((row, i) => row.category === 'a' && (row.fold === 0 || i % 11 === 0)).length);
  assert.equal(crossed.status, 'rejected');
  assert.equal(examine(exam, RULES).status, 'passed');
});
test('without a champion only the hold-out speaks', () => {
  const first = examine({ ...exam, champion: undefined, cause: 'bootstrap' }, RULES);
  assert.deepEqual([first.status, first.winner, first.entries.length], ['passed', 'candidate', 0]);
});
test('labels that only one of the two knows are left out; the candidate alone is scored on all', () => {
  const holdOut = [...exam.holdOut, ...Array.from({ length: 50 }, (_, i) => ({ product_description: `old c ${i}`, category: 'c' }))];
  const examined = examine({ ...exam, holdOut, candidate: { ...model({ old: 11, new: 11 }, [...AB, 'c']), crossFitted: [] } }, RULES);
  assert.deepEqual([examined.status, examined.winner], ['needs approval', 'candidate']);
  assert.equal(examined.entries[0]?.holdOut.rows, 400);
  assert.equal(examined.first.labels, 450);
});

const PROBATION: { name: string; candidate: Examinee; previous: Examinee; winner: string | undefined; says: RegExp }[] = [
  { name: 'both pass, the candidate does better', candidate: good, previous: model({ old: 11, new: 8 }), winner: 'candidate', says: /new candidate wins: better.*version before passes too/ },
  { name: 'both pass, the version before does better', candidate: model({ old: 11, new: 6 }), previous: good, winner: 'previous', says: /version before wins: better.*new candidate passes too/ },
  { name: 'both pass, equally good', candidate: good, previous: good, winner: 'candidate', says: /new candidate wins/ },
  { name: 'only the version before passes', candidate: model({ old: 4, new: 11 }), previous: good, winner: 'previous', says: /version before wins.*new candidate is rejected: worse on the hold-out/ },
  { name: 'only the candidate passes', candidate: good, previous: model({ old: 11, new: 2 }), winner: 'candidate', says: /new candidate wins.*version before is rejected: not significantly better/ },
  { name: 'neither passes', candidate: stale, previous: stale, winner: undefined, says: /new candidate is rejected.*version before is rejected/ },
];
for (const { name, candidate, previous, winner, says } of PROBATION) {
  test(`probation: ${name}`, () => {
    const examined = examine({ ...exam, candidate: { ...candidate, crossFitted: [] }, previous }, RULES);
    assert.equal(examined.winner, winner, wordsOf(examined));
    assert.equal(examined.status, winner === undefined ? 'rejected' : 'passed');
    assert.match(wordsOf(examined), says);
  });
}
test('a force is for the candidate that was ordered', () => {
  const examined = examine({ ...exam, cause: 'manual', force: true, candidate: { ...stale, crossFitted: [] }, previous: good }, RULES);
  assert.equal(examined.winner, 'candidate');
});

test('the report holds figures and no undefined, survives JSON, and its page shows them with every text escaped', () => {
  const nasty = '<img src=x onerror="alert(1)">';
  const rename = (text: string): string => (text === 'b' ? nasty : text);
  const swap = (one: Examinee): Examinee => ({ categories: one.categories.map(rename), answer: (text) => rename(one.answer(text)) });
  const examined = examine({
    ...exam, holdOut: exam.holdOut.map((row) => ({ ...row, category: rename(row.category) })), recent: exam.recent.map((row) => ({ ...row, category: rename(row.category) })),
    candidate: { ...swap(good), crossFitted: [] }, champion: swap(stale), previous: swap(model({ old: 11, new: 9 })),
  }, RULES);
  const report = reportOf(examined, { ...RULES, minF1: 0.95 }, { champion: 'v2', previous: 'v1' });
  assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  const [mine, before] = report.contests;
  assert.deepEqual([mine?.challenger, before?.challenger, before?.version], ['candidate', 'previous', 'v1']);
  assert.ok(mine?.hold_out.categories.every(({ band, delta, limit }) => band[0] < delta && delta < band[1] && limit !== null && limit >= 0.03));
  assert.equal(mine?.recent.weighted?.limit, null);
  const page = reportPage(report, { modelName: nasty, runId: 'run-1', cause: 'drift', facts: [['dataset', nasty]] });
  assert.ok(!page.includes('<img') && !/<script/i.test(page) && !/(src|href)=/.test(page.replaceAll('&lt;img src=x onerror=&quot;', '')));
  assert.ok(page.includes('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;'));
  for (const part of ['v2', 'The version before (v1)', 'prefers-color-scheme:dark', 'run-1', 'McNemar']) assert.ok(page.includes(part), part);
  assert.ok(!/undefined|NaN|Infinity/.test(page));
});
