import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inferenceUnready, memberUnready, trainerUnready, type Unready } from './readiness.ts';

const KAFKA = 'Kafka has not answered for 12 s';
const MYSQL = 'MySQL has not answered for 12 s';
const member = { owned: [0, 1], live: [0, 1], away: undefined };
const inference = { stopping: false, serves: true, loadFailure: undefined, away: undefined };
const trainer = { started: true, away: undefined, mysqlAway: undefined };
const TABLE: [name: string, seen: Unready, expected: Unready][] = [
  ['member: all it owns is live', memberUnready(member), undefined],
  ['member: given nothing, it stands by', memberUnready({ ...member, owned: [], live: [] }), undefined],
  ['member: in no group', memberUnready({ ...member, owned: undefined, live: [] }), 'it is not in its group (yet)'],
  ['member: one of two catches up', memberUnready({ ...member, live: [0] }), 'partition 1 is being caught up'],
  ['member: both catch up', memberUnready({ ...member, live: [] }), 'partitions 0, 1 are being caught up'],
  ['member: one of two is held', memberUnready({ ...member, live: [0], held: new Map([[1, { why: 'another log' }]]) }), 'partition 1 is held: another log'],
  ['member: both are held', memberUnready({ ...member, live: [], held: new Map([[0, { why: 'another log' }], [1, { why: 'cut off' }]]) }), 'partitions 0, 1 are held: another log'],
  ['member: the broker is away', memberUnready({ ...member, away: KAFKA }), KAFKA],
  ['inference: a model serves', inferenceUnready(inference), undefined],
  ['inference: the newest model cannot be loaded, an older one serves', inferenceUnready({ ...inference, loadFailure: 'v2 cannot be loaded' }), undefined],
  ['inference: none could be loaded', inferenceUnready({ ...inference, serves: false, loadFailure: 'v1 cannot be loaded' }), 'v1 cannot be loaded'],
  ['inference: none yet', inferenceUnready({ ...inference, serves: false }), 'no model serves yet; the first training may still be running'],
  ['inference: the broker is away', inferenceUnready({ ...inference, away: KAFKA }), KAFKA],
  ['inference: it stops', inferenceUnready({ ...inference, stopping: true }), 'stopping'],
  ['trainer: takes requests in', trainerUnready(trainer), undefined],
  ['trainer: starting', trainerUnready({ ...trainer, started: false }), 'starting'],
  ['trainer: the broker is away', trainerUnready({ ...trainer, away: KAFKA }), KAFKA],
  ['trainer: MySQL is away', trainerUnready({ ...trainer, mysqlAway: MYSQL }), MYSQL],
];
for (const [name, seen, expected] of TABLE) test(`readiness of ${name}`, () => assert.equal(seen, expected));
