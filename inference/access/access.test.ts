import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTokens, type TokenSpec } from '../../schemas/tokens.ts';
import { createAccess, type Limits } from './access.ts';
import { accessFor, digest } from './access.testing.ts';
import { attemptKey } from './addresses.ts';
import { fullBucket, take } from './bucket.ts';

const specs = (text: string): readonly TokenSpec[] => {
  const parsed = parseTokens(text, '\n');
  return 'value' in parsed ? parsed.value : assert.fail(parsed.wrong);
};
const hashed = (name: string, token: string, scopes = 'predict', expires = ''): string => `${name}=sha256:${digest(token)}=${scopes}${expires === '' ? '' : `=${expires}`}`;
function bench(text: string, limits: Partial<Limits> = {}) {
  let now = 1_000_000;
  let hashes = 0;
  const access = createAccess({ limits: { requests: 0, items: 0, failures: 0, ...limits }, nowMs: () => now, digest: (token) => ((hashes += 1), digest(token)) });
  access.use(specs(text));
  hashes = 0;
  const come = (token: string | undefined, address = '10.0.0.1'): string => {
    const admission = access.admit(token === undefined ? undefined : `Bearer ${token}`, address);
    return admission.status === 'admitted' ? admission.caller.name : admission.status;
  };
  return { access, come, hashes: () => hashes, pass: (ms: number) => (now += ms), at: (ms: number) => (now = ms) };
}

test('a token is known by its digest; several of one name are one caller, so a token is rotated while both are good', () => {
  const { come, access } = bench([hashed('shop', 'old'), hashed('shop', 'new'), hashed('desk', 'word', 'feedback'), 'plain=train'].join('\n'));
  assert.deepEqual(['old', 'new', 'word', 'plain', 'other', undefined, ''].map((token) => come(token)), ['shop', 'shop', 'desk', `token-${digest('plain').slice(0, 8)}`, 'unknown', 'unknown', 'unknown']);
  access.use(specs(hashed('shop', 'new')));
  assert.deepEqual(['old', 'new', 'word'].map((token) => come(token)), ['unknown', 'shop', 'unknown']);
});
test('how the header may be written', () => {
  const { access } = bench(hashed('shop', 'word'));
  const how = (header: string): string => access.admit(header, 'x').status;
  assert.deepEqual(['Bearer word', 'bearer word', 'Bearer  word', 'Bearer word '].map(how), Array(4).fill('admitted'));
  assert.deepEqual(['word', 'Basic word', 'Bearer', 'Bearer word word', 'Bearerword', `Bearer ${'x'.repeat(100_000)}`].map(how), Array(6).fill('unknown'));
});
test('a token is good until its time, whether it was seen before or not', () => {
  const { come, at } = bench([hashed('a', 'day', 'predict', '2027-01-31'), hashed('b', 'time', 'predict', '2027-01-31T12:00Z'), hashed('c', 'odd', 'predict', '2027-02-31T99:00Z').replace('T99:00Z', 'T23:59Z')].join('\n'));
  at(Date.UTC(2027, 0, 30, 23, 59));
  assert.deepEqual([come('day'), come('time')], ['a', 'b']);
  at(Date.UTC(2027, 0, 31));
  assert.deepEqual([come('day'), come('time')], ['unknown', 'b']);
  at(Date.UTC(2027, 0, 31, 12));
  assert.equal(come('time'), 'unknown');
});
test('a header is hashed once; strangers do not push out those who are known, and there are never more than a thousand', () => {
  const { come, hashes, access } = bench(hashed('shop', 'word'));
  for (let i = 0; i < 50; i += 1) come('word');
  assert.equal(hashes(), 1);
  for (let i = 0; i < 5000; i += 1) come(`guess-${i}`);
  come('word');
  assert.equal(hashes(), 5001);
  // One token in very many spellings.
  for (let i = 0; i < 3000; i += 1) access.admit(`Bearer ${' '.repeat(i)}word`, 'x');
  assert.equal(access.size().headers, 1000);
});
test('requests a second, per name: both tokens of a name share them, another name has its own; who waits as long as he is told gets in', () => {
  const { access, come, pass } = bench([hashed('shop', 'old'), hashed('shop', 'new'), hashed('desk', 'word')].join('\n'), { requests: 5 });
  assert.deepEqual(Array.from({ length: 7 }, (_, i) => come(i % 2 === 0 ? 'old' : 'new')), ['shop', 'shop', 'shop', 'shop', 'shop', 'limited', 'limited']);
  assert.equal(come('word'), 'desk');
  const told = access.admit('Bearer old', 'x');
  assert.ok(told.status === 'limited' && told.waitMs === 200);
  pass(told.waitMs);
  assert.deepEqual([come('old'), come('old')], ['shop', 'limited']);
  // Reading the tokens again gives nobody a fresh second.
  access.use(specs([hashed('shop', 'old')].join('\n')));
  assert.equal(come('old'), 'limited');
});
test('items a second: a request larger than a second of them is let in once they are all there, and those after it wait', () => {
  const { access, pass } = bench(hashed('shop', 'word'), { items: 100 });
  const admission = access.admit('Bearer word', 'x');
  assert.ok(admission.status === 'admitted');
  const { spend } = admission.caller;
  assert.deepEqual([spend(40), spend(1000), spend(60)], [0, 400, 0]);
  pass(1000);
  assert.deepEqual([spend(1000), spend(1)], [0, 9010]);
  pass(9010);
  assert.equal(spend(1), 0);
});
test('an address that guesses is not heard for a while, whatever it guesses; others are; who came in from there before still does', () => {
  const { come, hashes, pass } = bench([hashed('shop', 'word'), hashed('desk', 'other')].join('\n'), { failures: 6 });
  assert.deepEqual(Array.from({ length: 4 }, (_, i) => come(`guess-${i}`)), Array(4).fill('unknown'));
  assert.equal(come('word'), 'shop');
  assert.deepEqual(Array.from({ length: 4 }, (_, i) => come(`more-${i}`)), ['unknown', 'unknown', 'throttled', 'throttled']);
  const before = hashes();
  // A right guess looks like a wrong one, and costs no digest.
  assert.deepEqual([come('other'), come('wrong'), hashes()], ['throttled', 'throttled', before]);
  assert.deepEqual([come('word'), come('other', '10.0.0.2'), come(undefined)], ['shop', 'desk', 'unknown']);
  pass(10_000);
  assert.deepEqual([come('other'), come('guess'), come('guess')], ['desk', 'unknown', 'throttled']);
});
test('a clock that is set back by a day does not shut an address out for a day', () => {
  const { come, pass } = bench(hashed('shop', 'word'), { failures: 6 });
  assert.deepEqual(Array.from({ length: 7 }, (_, i) => come(`guess-${i}`)).slice(5), ['unknown', 'throttled']);
  pass(-86_400_000);
  assert.equal(come('guess'), 'throttled');
  pass(10_000);
  assert.deepEqual([come('guess'), come('guess')], ['unknown', 'throttled']);
});
test('no token is no guess, and addresses take bounded memory', () => {
  const { access, come } = bench(hashed('shop', 'word'), { failures: 2 });
  for (let i = 0; i < 100; i += 1) come(undefined);
  assert.equal(access.size().addresses, 0);
  for (let i = 0; i < 12_000; i += 1) come('guess', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  assert.equal(access.size().addresses, 10_000);
});
const ADDRESSES: [address: string, key: string][] = [
  ['10.1.2.3', '10.1.2.3'], ['::ffff:10.1.2.3', '10.1.2.3'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:DB8:0001:2::6', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'], ['fe80::1%eth0', 'fe80:0:0:0::/64'],
];
for (const [address, key] of ADDRESSES) test(`attempts from ${address} count against ${key}`, () => assert.equal(attemptKey(address), key));

test('law: a bucket never lets more through than a second at once and its rate after that', () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 50 }), fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 3 })), { maxLength: 100 }), (perSecond, steps) => {
    let now = 0;
    let taken = 0;
    const bucket = fullBucket(perSecond, now);
    for (const [ms, cost] of steps) {
      now += ms;
      if (take(bucket, now, perSecond, cost) === 0) taken += cost;
      // A cost above a full bucket may run into debt once.
      assert.ok(taken <= perSecond + (now * perSecond) / 1000 + 3 + 1e-3, `${taken} after ${now} ms at ${perSecond}`);
    }
  }));
});
test('law: who waits as long as he is told is let in', () => {
  fc.assert(fc.property(fc.double({ min: 0.1, max: 100, noNaN: true }), fc.array(fc.nat(100), { maxLength: 30 }), (perSecond, steps) => {
    let now = 0;
    const bucket = fullBucket(perSecond, now);
    for (const ms of steps) {
      now += ms;
      const wait = take(bucket, now, perSecond);
      if (wait === 0) continue;
      now += wait;
      assert.equal(take(bucket, now, perSecond), 0);
    }
  }));
});
test('a clock that is set back locks nobody out', () => {
  const bucket = fullBucket(10, 1_000_000);
  assert.equal(take(bucket, 0, 10), 0);
  assert.equal(take(bucket, 0, 10), 0);
});
test('the door of tests knows its words', () => assert.equal(accessFor({ p: 'predict' }).admit('Bearer p', '').status, 'admitted'));
