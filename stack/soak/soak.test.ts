// The rules of a soak: its schedule, its feed, the slope, the verdict.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { takeLabels } from './drive.ts';
import { createFeed, type SaidLabel, type SaidProduct } from './feed.ts';
import { callersIn, handlesOf } from './proc.ts';
import { nameOf, scheduleOf, type Act } from './schedule.ts';
import { floorRise, slopeOf, type Sample } from './slope.ts';
import { failuresOf, memoryRows, processLine, type Ending, type Watched } from './verdict.ts';
import { sumOf } from './watch.ts';

const MINUTE = 60_000;
const PLAN = { durationMs: 20 * MINUTE, everyMs: MINUTE, servers: true };
const isOurs = ({ kind }: Act): boolean => kind === 'kill' || kind === 'suspend';

test('a schedule is its seed: one fault a minute, none at the end', () => {
  const acts = scheduleOf(1, PLAN);
  assert.deepEqual(scheduleOf(1, PLAN), acts);
  assert.notDeepEqual(scheduleOf(2, PLAN), acts);
  assert.deepEqual(acts.map(({ atMs }) => atMs), Array.from({ length: 19 }, (_, i) => (i + 0.5) * MINUTE));
});
test('twenty minutes hurt every process and every server, and leave our processes alone for the last twelve', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const acts = scheduleOf(seed, PLAN);
    const late = acts.filter(({ atMs }) => atMs >= 8 * MINUTE);
    assert.ok(!late.some(isOurs));
    assert.equal(acts.filter(isOurs).length >= 7, true);
    assert.deepEqual([...new Set(late.map(nameOf))].sort(), ['crash mysql', 'crash s3', 'cut kafka', 'cut mysql', 'cut registry', 'cut s3', 'restart kafka', 'restart mysql', 'restart registry', 'restart s3', 'retrain and promote'].filter((name) => late.some((act) => nameOf(act) === name)));
    assert.ok(new Set(late.map(({ of }) => of)).size === 5, `seed ${seed}`);
  }
});
test('a night deals every fault', () => {
  assert.equal(new Set(scheduleOf(9, { ...PLAN, durationMs: 480 * MINUTE }).map(nameOf)).size, 4 + 4 + 10 + 1);
});
test('where servers are shared only our own processes are hurt', () => {
  assert.ok(scheduleOf(3, { ...PLAN, servers: false }).every((act) => isOurs(act) || act.kind === 'retrain'));
});

const FEED = { seed: 5, tag: 'x', rows: [{ product_description: 'Oat Milk', category: 'A' }, { product_description: 'Soap', category: 'B' }], categories: ['A', 'B', 'C'], products: 100, feedback: 30, delayMs: 5000 };
function told(steps: readonly number[]): { products: SaidProduct[]; labels: SaidLabel[]; left: number } {
  const feed = createFeed(FEED);
  const all = { products: [] as SaidProduct[], labels: [] as SaidLabel[] };
  const take = (ms: number): void => {
    const { products, labels } = feed.due(ms);
    all.products.push(...products);
    all.labels.push(...labels);
  };
  for (const ms of steps) take(ms);
  feed.end();
  take(1e6);
  return { ...all, left: feed.left() };
}
test('a feed says the same whatever the beat, at the rates that were asked for', () => {
  const whole = told(Array.from({ length: 600 }, (_, i) => (i + 1) * 100));
  const coarse = told([30_000, 60_000]);
  assert.deepEqual(coarse.products, whole.products);
  assert.deepEqual(coarse.labels.map(({ feedbackId }) => feedbackId).sort(), whole.labels.map(({ feedbackId }) => feedbackId).sort());
  assert.deepEqual([whole.products.length, whole.left, new Set(whole.products.map(({ id }) => id)).size], [6000, 0, 6000]);
  assert.ok(Math.abs(whole.labels.length - 1800) < 150, String(whole.labels.length));
  assert.ok(Math.abs(whole.products.filter(({ http }) => http).length - 3000) < 200);
});
test('no label is said of a product that never is', () => {
  const { products, labels } = told([10_000]);
  const ids = new Set(products.map(({ id }) => id));
  assert.ok(labels.length > 200 && labels.every(({ id }) => ids.has(id)));
});

test('a word that is said again travels in another request', () => {
  const label = (feedbackId: string): SaidLabel => ({ kind: 'label', id: 'x', feedbackId, category: 'A', http: true });
  const list = ['a', 'b', 'a', 'c', 'd', 'e'].map(label);
  const take = (): string => takeLabels(list, 3).map(({ feedbackId }) => feedbackId).join('');
  assert.deepEqual([take(), take(), take(), take()], ['ab', 'acd', 'e', '']);
});

const series = (pid: number, fromMs: number, minutes: number, value: (minute: number) => number): Sample[] => Array.from({ length: minutes * 30 + 1 }, (_, i) => ({ atMs: fromMs + i * 2000, pid, value: value(i / 30) }));
const near = (a: number | undefined, b: number, by = 1e-9): void => assert.ok(a !== undefined && Math.abs(a - b) < by, `${a} is not ${b}`);
test('slope: of a line its own, of nothing nothing, and the warm-up does not count', () => {
  near(slopeOf(series(1, 0, 5, (minute) => 100 + 3 * minute), 0)?.perMinute, 3);
  near(slopeOf(series(1, 0, 5, (minute) => 100 + 3 * minute), 0)?.plusMinus, 0);
  assert.equal(slopeOf([], 0), undefined);
  assert.equal(slopeOf(series(1, 0, 3, () => 7), 4 * MINUTE), undefined);
  near(slopeOf(series(1, 0, 10, (minute) => Math.min(minute, 4) * 50), 4 * MINUTE)?.perMinute, 0);
});
test('slope: a process that was started again has a level of its own, not a fall', () => {
  const lives = [...series(1, 0, 5, (minute) => 300 + minute), ...series(2, 5 * MINUTE, 5, (minute) => 100 + minute)];
  near(slopeOf(lives, 0)?.perMinute, 1);
  near(slopeOf(lives, 0)?.minutes, 10);
  // One regression over both would see memory falling.
  assert.ok((slopeOf(lives.map((one) => ({ ...one, pid: 1 })), 0)?.perMinute ?? 0) < -10);
});
test('slope: noise widens the band, and the truth lies within it', () => {
  const saw = slopeOf(series(1, 0, 12, (minute) => 200 + 0.2 * minute + 20 * (minute % 1)), 0);
  assert.ok(saw !== undefined && Math.abs(saw.perMinute - 0.2) < saw.plusMinus && saw.plusMinus > 0.1, JSON.stringify(saw));
});
test('floors: what comes and goes is no rise; what stays is', () => {
  near(floorRise(series(1, 0, 9, (minute) => 20 + (Math.floor(minute) % 2) * 30), 0, 5 * MINUTE), 0);
  near(floorRise(series(1, 0, 9, (minute) => 20 + Math.floor(minute)), 0, 5 * MINUTE), 6);
  near(floorRise([...series(1, 0, 9, () => 5), ...series(2, 9 * MINUTE, 9, (minute) => 5 + Math.floor(minute))], 0, 5 * MINUTE), 6);
  near(floorRise(series(1, 0, 9, (minute) => (minute > 1 && minute < 1.3 ? 10 : 36)), 0, 5 * MINUTE), 0);
  assert.equal(floorRise(series(1, 0, 3, () => 5), 0, 5 * MINUTE), undefined);
});

const BARS = { warmUpMs: MINUTE, judgeAfterMs: 4 * MINUTE };
const watched = (change: Partial<Watched>): Watched => ({ name: 'join', judged: true, rssMb: series(1, 0, 10, () => 200), handles: series(1, 0, 10, () => 40), timers: series(1, 0, 10, () => 9), ...change });
const verdictOf = (change: Partial<Watched>): unknown[] => {
  const { memory, open } = processLine(watched(change), BARS);
  return [memory, open];
};
test('verdict per process', () => {
  const table: [Partial<Watched>, unknown[]][] = [
    [{}, ['ok', 'ok']],
    [{ rssMb: series(1, 0, 10, (minute) => 200 + 0.99 * minute) }, ['ok', 'ok']],
    [{ rssMb: series(1, 0, 10, (minute) => 200 + 1.01 * minute) }, ['BAD', 'ok']],
    [{ handles: series(1, 0, 10, (minute) => 40 + Math.floor(minute)) }, ['ok', 'BAD']],
    [{ timers: series(1, 0, 10, (minute) => 40 + Math.floor(minute)) }, ['ok', 'BAD']],
    [{ rssMb: series(1, 0, 4, (minute) => 200 + 50 * minute), handles: series(1, 0, 4, (minute) => 40 + 50 * minute), timers: [] }, ['not judged', 'not judged']],
    [{ judged: false, rssMb: series(1, 0, 10, (minute) => 200 + 50 * minute) }, ['not judged', 'not judged']],
  ];
  for (const [change, expected] of table) assert.deepEqual(verdictOf(change), expected);
});
test('a run fails for each of its reasons, and for none of them it passes', () => {
  const good: Ending = { lags: { join: 0, monitor: 0 }, waiting: 0, refused: 0, differences: 0, unhealed: [] };
  const lines = [processLine(watched({}), BARS)];
  assert.deepEqual(failuresOf(lines, good), []);
  const bad: [Partial<Ending>, string][] = [[{ lags: { join: 3, monitor: 0 } }, 'join has 3 records'], [{ waiting: 2 }, '2 calls'], [{ refused: 1 }, '1 items'], [{ differences: 7 }, '7 differences'], [{ differences: undefined }, 'could not be run'], [{ unhealed: ['restart kafka: no'] }, 'restart kafka: no']];
  for (const [change, text] of bad) {
    const [found, ...more] = failuresOf(lines, { ...good, ...change });
    assert.ok(found?.includes(text) && more.length === 0, `${found}`);
  }
  const growing = processLine(watched({ rssMb: series(1, 0, 10, (minute) => 200 + 2 * minute), handles: series(1, 0, 10, (minute) => 40 + 2 * Math.floor(minute)) }), BARS);
  assert.deepEqual(failuresOf([growing], good).map((text) => text.split(' ').slice(0, 2).join(' ')), ['join grows', 'join holds']);
});
test('where memory went: the last life, without its warm-up; who tells nothing has no row', () => {
  const memory = new Map([['resident', [...series(1, 0, 9, () => 900), ...series(2, 9 * MINUTE, 9, (minute) => 100 + minute)]], ['heap_room', series(2, 9 * MINUTE, 9, () => 50)]]);
  assert.deepEqual(memoryRows([processLine(watched({ memory }), BARS), processLine(watched({ name: 'kafka' }), BARS)]), [['MB, warm → end', 'resident', 'heap room'], [['join', '101 → 109', '50 → 50']]]);
});
test('the sum of a gauge, with labels or without', () => {
  assert.equal(sumOf('# HELP loop_x y\nloop_x{a="1"} 2\nloop_x{a="2"} 3\nloop_xy 9\n', 'loop_x'), 5);
  assert.equal(sumOf('loop_y 4\n', 'loop_y'), 4);
  assert.equal(sumOf('', 'loop_y'), undefined);
});
test('connections that callers hold open are not among the handles; one the caller has ended is', { skip: process.platform === 'linux' ? false : 'reads /proc' }, async (t) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const at = (): number => handlesOf(process.pid, port) ?? -1;
  const before = at();
  const caller = connect(port, '127.0.0.1');
  const [[taken]] = await Promise.all([once(server, 'connection'), once(caller, 'connect')]);
  // The caller's own end is a handle: it is this process too.
  assert.equal(at(), before + 1);
  taken.resume();
  caller.end();
  await once(taken, 'end');
  assert.equal(at(), before + 2);
  taken.end();
  await once(caller, 'close');
});
test('callers are told from those we call by the port', () => {
  const table = ['  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode', '   0: 0100007F:5DCA 0100007F:B2A4 01 00000000:00000000 00:00000000 00000000     0        0 111 1', '   1: 0100007F:B2A4 0100007F:5DCA 01 00000000:00000000 00:00000000 00000000     0        0 222 1', '   2: 0100007F:5DCA 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 333 1'].join('\n');
  assert.deepEqual([...callersIn([table, ''], 24_010)], ['111']);
});
