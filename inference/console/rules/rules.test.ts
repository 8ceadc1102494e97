// The small rules of the console: words, keys, pages, events of the stream, bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bytesIn, hexLines } from './bytes.ts';
import { ago, count, duration, isoMs, magnitude, percent, plural, score, signed } from './format.ts';
import { commandOf, type Press } from './keys.ts';
import { midnightBefore, pace } from './pace.ts';
import { endsSession, problemOf, told } from './problem.ts';
import { allShown, purgedText, wouldGo } from './purging.ts';
import { pauseMs, readEvents, startReading } from './sse.ts';
import { headOf } from './statusLine.ts';
import { neighbour, tabOf, tabsFor } from './tabs.ts';
import { answered, arrived, asked, categoryAt, choose, neighbourOf, noTrials, says, toSay } from './trial.ts';
import type { Prediction } from './wire.ts';

test('figures: no evidence is a dash, never a zero', () => {
  assert.deepEqual([score(null), percent(undefined), count(null), magnitude(undefined), duration(null)], ['–', '–', '–', '–', '–']);
  assert.deepEqual([score(0), score(0.93049), percent(0.614), percent(0.3844, 1), count(12_345), signed(-0.0123), signed(0.5), signed(0), plural(1, 'run'), plural(1200, 'run')], ['0.000', '0.930', '61 %', '38.4 %', '12,345', '−0.012', '+0.500', '±0.000', '1 run', '1,200 runs']);
  assert.deepEqual([0, 0.0015, 12, 3400, 10_000, 1.2e7, 1e-6].map(magnitude), ['0', '0.0015', '12.0', '3,400', '10,000', '1.2e+7', '1.0e-6']);
  assert.deepEqual([850, 4200, 42_000, 180_000, 5 * 3_600_000, 2 * 86_400_000].map(duration), ['850 ms', '4.2 s', '42 s', '3 min', '5 h', '2 d']);
  assert.deepEqual([ago(1000, 1400), ago(0, 180_000)], ['just now', '3 min ago']);
});
test('law: ISO times are read as JavaScript reads them', () => {
  fc.assert(fc.property(fc.date({ min: new Date('1970-01-01'), max: new Date('2199-12-31'), noInvalidDate: true }), (date) => isoMs(date.toISOString()) === date.getTime()));
  assert.deepEqual([isoMs(null), isoMs('yesterday')], [undefined, undefined]);
});

const press = (key: string, more: Partial<Press> = {}): Press => ({ key, ctrlKey: false, altKey: false, metaKey: false, ...more });
test('keys: letters and digits act on the page, are text in a field, and can be switched off', () => {
  assert.deepEqual(commandOf(press('3'), 'elsewhere', true), { kind: 'choose', place: 2 });
  assert.deepEqual([commandOf(press('3'), 'text', true), commandOf(press('u'), 'text', true), commandOf(press('3'), 'elsewhere', false), commandOf(press('u'), 'elsewhere', false)], [undefined, undefined, undefined, undefined]);
  assert.deepEqual(commandOf(press('u'), 'control', true), { kind: 'undo' });
});
test('keys: a button keeps its Enter and a select its arrows; modifiers belong to the browser; Escape leaves a field', () => {
  assert.deepEqual([commandOf(press('Enter'), 'control', true), commandOf(press('ArrowDown'), 'control', true), commandOf(press('r', { ctrlKey: true }), 'elsewhere', true), commandOf(press('1', { altKey: true }), 'elsewhere', true)], [undefined, undefined, undefined, undefined]);
  assert.deepEqual([commandOf(press('Enter'), 'elsewhere', false), commandOf(press('Escape'), 'text', true), commandOf(press('ArrowUp'), 'elsewhere', true)], [{ kind: 'confirm' }, { kind: 'leave' }, { kind: 'move', by: -1 }]);
});
test('pages: a token sees those it may open, and lands on the first of them', () => {
  assert.deepEqual(tabsFor(['feedback']).map(({ name }) => name), ['label', 'live', 'models']);
  assert.deepEqual([tabOf('#dead-letters', ['admin']), tabOf('#dead-letters', ['feedback']), tabOf('', []), tabOf('#models', [])], ['dead-letters', 'label', 'live', 'models']);
  assert.deepEqual([neighbour('live', 1, []), neighbour('models', 1, []), neighbour('try', -1, ['admin'])], ['models', 'live', 'dead-letters']);
});
test('problems: the document\'s words and the way out; only 401 ends the session', () => {
  assert.deepEqual(problemOf(503, { title: 'unavailable', detail: 'Kafka is away' }), { status: 503, title: 'unavailable', detail: 'Kafka is away' });
  assert.deepEqual(problemOf(502, '<html>'), { status: 502, title: 'refused', detail: 'the service answered 502' });
  assert.equal(told(problemOf(403, { title: 'forbidden', detail: 'no' })).what, 'Forbidden: no');
  for (const status of [0, 400, 401, 403, 404, 409, 413, 429, 500, 503]) assert.notEqual(told({ status, title: 't', detail: 'd' }).way, '');
  assert.deepEqual([0, 401, 403, 503].filter((status) => endsSession({ status, title: '', detail: '' })), [401]);
});

test('law: however a stream is cut, the same events come out', () => {
  const stream = 'retry: 1500\n\nevent: live\ndata: {"a":1}\n\n: heartbeat\n\nevent: runs\r\ndata: 1\r\ndata: 2\r\n\r\ndata: plain\n\n';
  fc.assert(fc.property(fc.array(fc.nat(stream.length), { maxLength: 10 }), (cuts) => {
    const places = [0, ...cuts.toSorted((a, b) => a - b), stream.length];
    let reading = startReading;
    const events = places.slice(1).flatMap((to, i) => {
      const read = readEvents(reading, stream.slice(places[i], to));
      ({ reading } = read);
      return read.events;
    });
    assert.deepEqual(events, [{ event: 'live', data: '{"a":1}' }, { event: 'runs', data: '1\n2' }, { event: 'message', data: 'plain' }]);
    assert.equal(reading.retryMs, 1500);
  }));
});
test('pauses between attempts grow to a bound', () => {
  assert.deepEqual([1, 2, 3, 10].map((failures) => pauseMs(failures, 500)), [500, 1000, 2000, 8000]);
  assert.deepEqual([pauseMs(1, undefined), pauseMs(99, undefined)], [2000, 15_000]);
});

const prediction: Prediction = { prediction_id: 'p', category: 'A', probabilities: [{ category: 'A', probability: 0.7 }, { category: 'B', probability: 0.3 }], model_version: 'v1', predicted_at: 0, audit: false };
test('a trial: asked, answered, judged once, corrected, taken back', () => {
  const fresh = answered(asked(noTrials, 'text'), 'text', prediction);
  assert.deepEqual([toSay(fresh), categoryAt(fresh, 1), categoryAt(fresh, 7), neighbourOf(fresh, -1)], ['A', 'B', undefined, 'B']);
  const right = arrived(says(fresh, 'p', 'A'), 'p');
  assert.equal(toSay(right), undefined);
  const wrong = choose(right, 'B');
  assert.equal(toSay(wrong), 'B');
  assert.deepEqual(arrived(says(wrong, 'p', null), 'p').list[0]?.said, { category: null, status: 'stored' });
});
test('a judgement that did not arrive can be said again', () => {
  const failed = arrived(says(answered(noTrials, 'text', prediction), 'p', 'A'), 'p', { status: 503, title: 'unavailable', detail: 'away' });
  assert.deepEqual([failed.list[0]?.said?.status, toSay(failed), failed.problem?.status], ['failed', 'A', 503]);
});
test('the head says what serves, and what is not known', () => {
  assert.equal(headOf(undefined), undefined);
  assert.equal(headOf({ serving: null, live: { models: [] } })?.serving, 'no model serves yet');
  assert.equal(headOf({ serving: { model_name: 'grocery', model_version: 'v1', promotion_seq: 1, weights_sha256: '', categories: [] }, live: { models: [] } })?.f1, 'no evidence yet');
});
test('pace, and the midnight of the person\'s clock', () => {
  assert.deepEqual([pace([], 0), pace([0, 1000], 2000), pace([0, 2000, 4000, 6000, 8000], 10_000), pace([0, 1, 2], 90_000)], [undefined, undefined, 30, undefined]);
  const noon = Date.UTC(2026, 10, 26, 12);
  assert.deepEqual([0, -60, 300].map((offset) => new Date(midnightBefore(noon, offset)).toISOString()), ['2026-11-26T00:00:00.000Z', '2026-11-25T23:00:00.000Z', '2026-11-26T05:00:00.000Z']);
});
test('bytes as hex, with what can be printed', () => {
  assert.deepEqual(hexLines(bytesIn(btoa('\0<b>0123456789abcde'))), [
    '0000  00 3c 62 3e 30 31 32 33  34 35 36 37 38 39 61 62  ·<b>0123456789ab', '0010  63 64 65                                          cde',
  ]);
  assert.equal(hexLines(new Uint8Array(2000)).length, 64);
});
test('a purge of all that is shown leaves what came since, and says what it could not', () => {
  assert.deepEqual([allShown('', []), allShown('', [{ at_ms: 5 }, { at_ms: 9 }, { at_ms: 7 }]), allShown('feedback', [{ at_ms: 5 }])], [undefined, { before_ms: 10 }, { topic: 'feedback', before_ms: 6 }]);
  const done = { status: 'purged', purged: 1200, in_log: 0, kept: 1, complete: true } as const;
  assert.deepEqual([wouldGo(done), wouldGo({ ...done, purged: 1, complete: false })], ['1,200 dead letters', 'at least 1 dead letter']);
  assert.equal(purgedText(done), 'Purged 1,200 dead letters; 1 stays.');
  assert.equal(purgedText({ ...done, kept: 2, in_log: 3, complete: false }), 'Purged at least 1,200 dead letters; 2 stay. There were too many for one look: purge again to have the rest cut from the log. Kafka still holds 3 purged ones that nobody is shown: until those before are purged too, or 30 days after they were written.');
});
