import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACTORS, ACTS, AWAY_ROWS, BROKEN_ROWS, PARTS, ROWS, SHORT_ROWS, VICTIMS, type AwayRow } from './rows.ts';
import { complaintsOf, flowSeen, httpSeen, matches, tableLines, type AwaySeen, type BrokenSeen, type RowSeen } from './seen.ts';

test('every part is given every fault, each row has its own name', () => {
  const kinds = ['latency', 'cut', 'half-open', 'black hole', 'lost connections', 'flap'];
  for (const part of PARTS) for (const kind of kinds) assert.ok(AWAY_ROWS.some((row) => row.part === part && row.fault.kind === kind && row.who === 'all'), `${part}: ${kind}`);
  assert.equal(new Set(ROWS.map(({ name }) => name)).size, ROWS.length);
  for (const victim of VICTIMS) assert.ok(AWAY_ROWS.some((row) => row.who === victim), victim);
});
test('everything that breaks has its row', () => {
  assert.deepEqual(BROKEN_ROWS.map(({ act }) => act).sort(), [...ACTS].sort());
});
test('only Kafka makes HTTP refuse or a stream hold', () => {
  for (const row of AWAY_ROWS) if (row.part !== 'kafka') for (const actor of ['http', 'stream', 'join', 'monitor'] as const) assert.equal(row.does[actor], 'serves', `${row.name}, ${actor}`);
});
test('a connection that is lost for good is no outage', () => {
  for (const row of AWAY_ROWS) if (row.fault.kind === 'lost connections') assert.ok(ACTORS.every((actor) => row.does[actor] === 'serves') && row.unready.length === 0, row.name);
});

const answer = (atMs: number, status: number) => ({ atMs, status, tookMs: 1 });
test('how requests were answered', () => {
  assert.equal(httpSeen([answer(0, 503), answer(5, 200), answer(6, 200)], 5, 10), 'serves');
  assert.equal(httpSeen([answer(0, 200), answer(5, 503), answer(6, 503)], 5, 10), 'refuses');
  assert.equal(httpSeen([answer(5, 200), answer(6, 503)], 5, 10), 'either');
  assert.equal(httpSeen([answer(5, 503), answer(6, 0)], 5, 10), 'either');
  assert.equal(httpSeen([], 5, 10), 'either');
  assert.deepEqual([flowSeen([4, 10], 5, 10), flowSeen([5], 5, 10)], ['holds', 'serves']);
  assert.deepEqual([matches('either', 'holds'), matches('holds', 'done before'), matches('holds', 'serves')], [true, true, false]);
});

const [row] = SHORT_ROWS;
const good = (of: AwayRow): AwaySeen => ({ kind: 'away', row: of, does: of.does, unready: of.unready, dead: [], restarts: 0, lost: 0, doubled: 0, differences: [], recoveredMs: 1000 });
test('a row holds when all is as it says; anything else is named', () => {
  assert.ok(row !== undefined);
  const seen = good(row);
  assert.deepEqual(complaintsOf(seen), []);
  assert.match(tableLines([seen])[1] ?? '', /0 lost {2}0 doubled {2}0 restarts {2}ok$/);
  const [disk] = BROKEN_ROWS;
  assert.ok(disk !== undefined);
  const broken: BrokenSeen = { kind: 'broken', row: disk, said: 'saved again', asExpected: true, restarts: 0, lost: 0, doubled: 0, differences: [], recoveredMs: 1000 };
  assert.deepEqual(complaintsOf(broken), []);
  assert.match(tableLines([broken])[1] ?? '', /saved again {2}.*0 lost {2}0 doubled {2}0 restarts {2}ok$/);
  assert.equal(tableLines([broken, seen]).length, 4, 'each kind has its columns');
  const cases: [RowSeen, RegExp][] = [
    [{ ...seen, does: { ...seen.does, http: 'serves' } }, /http serves, expected: refuses/], [{ ...seen, unready: [] }, /join says it is ready/], [{ ...seen, dead: ['join 0'] }, /live failed: join 0/],
    [{ ...seen, restarts: 1 }, /1 restarts/], [{ ...seen, lost: 2 }, /2 lost/], [{ ...seen, doubled: 3 }, /3 doubled/], [{ ...seen, differences: ['x'] }, /x/],
    [{ ...broken, said: 'it never came', asExpected: false }, /not as expected: it never came/], [{ ...broken, restarts: 1 }, /1 restarts/], [{ ...broken, lost: 2 }, /2 lost/], [{ ...broken, differences: ['x'] }, /x/],
    [{ ...good({ ...row, unready: [] }), unready: ['join'] }, /join says it is not ready/],
  ];
  for (const [one, says] of cases) {
    assert.match(complaintsOf(one).join('; '), says);
    assert.match(tableLines([one])[1] ?? '', /FAILED$/);
  }
});
