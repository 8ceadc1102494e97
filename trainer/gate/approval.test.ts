import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RetrainRequested } from '../../schemas/events.ts';
import { decidedWords, decisionIn } from './approval.ts';
import { probationOf } from './probation.ts';

const REQUEST: RetrainRequested = { retrain_id: 'm/approve/1', model_name: 'm', model_version: null, cause: 'approve', requested_at: 0, requested_by: 'ann', threshold: null, live_f1: null, evidence_json: '{}', newest_predicted_at: null, params_json: '{"run_id":"r1","why":"looks good"}', force: false };

test('a decision is read from its request; what is not one is left alone; a broken one is named', () => {
  const TABLE: [Partial<RetrainRequested>, ReturnType<typeof decisionIn>][] = [
    [{}, { status: 'decision', decision: { kind: 'approve', modelName: 'm', runId: 'r1', by: 'ann', why: 'looks good' } }],
    [{ cause: 'decline', params_json: '{"run_id":"r1"}' }, { status: 'decision', decision: { kind: 'decline', modelName: 'm', runId: 'r1', by: 'ann', why: undefined } }],
    [{ cause: 'manual' }, { status: 'other' }],
    [{ params_json: '{' }, { status: 'unusable', reason: 'params_json is not JSON' }],
    [{ params_json: 'null' }, { status: 'unusable', reason: 'params_json.run_id is missing' }],
    [{ params_json: '{"run_id":"r1","why":7}' }, { status: 'unusable', reason: 'params_json.why must be a text' }],
  ];
  for (const [change, want] of TABLE) assert.deepEqual(decisionIn({ ...REQUEST, ...change }), want);
});
test('a decision in words', () => {
  const words = (approval: string, why: string | null, withinMs = 7 * 86_400_000): string => decidedWords({ approval, decided_by: 'ann', decided_why: why }, withinMs);
  assert.equal(words('approved', null), 'approved by ann');
  assert.equal(words('declined', 'not now'), 'declined by ann: not now');
  assert.equal(words('expired', null), 'declined by deadline: nobody approved it within 7 days');
  assert.equal(words('expired', null, 3_600_000), 'declined by deadline: nobody approved it within 1 hour');
  assert.equal(words('expired', null, 1500), 'declined by deadline: nobody approved it within 1500 ms');
});

const promotion = (version: string, seq: number, cause = 'drift', collected_at: Date | null = null) => ({ model_version: version, promotion_seq: seq, cause, collected_at });
test('probation: only a drift request, of the version that serves, within its first labels, that is not there by a rollback', () => {
  const drift: RetrainRequested = { ...REQUEST, cause: 'drift', model_version: 'v2', evidence_json: '{"labels_total":999}' };
  const promotions = [promotion('v2', 2), promotion('v1', 1)];
  const rolledBack = [promotion('v1', 3, 'rollback'), ...promotions];
  const again = [promotion('v1', 3), ...promotions];
  const TABLE: [string, RetrainRequested, typeof promotions, number, string | undefined][] = [
    ['within its first labels', drift, promotions, 1000, 'v1'],
    ['one label later', { ...drift, evidence_json: '{"labels_total":1000}' }, promotions, 1000, undefined],
    ['no probation', { ...drift, evidence_json: '{"labels_total":0}' }, promotions, 0, undefined],
    ['evidence that does not say', { ...drift, evidence_json: '{}' }, promotions, 1000, undefined],
    ['evidence that is no JSON', { ...drift, evidence_json: '' }, promotions, 1000, undefined],
    ['an admin asks', { ...drift, cause: 'manual' }, promotions, 1000, undefined],
    ['another version than the one that serves', { ...drift, model_version: 'v1' }, promotions, 1000, undefined],
    ['the only version', { ...drift, model_version: 'v1' }, [promotion('v1', 1)], 1000, undefined],
    ['no version', drift, [], 1000, undefined],
    ['the one before is stored no longer', drift, [promotion('v2', 2), promotion('v1', 1, 'drift', new Date(0))], 1000, undefined],
    ['back by a rollback', { ...drift, model_version: 'v1' }, rolledBack, 1000, undefined],
    ['back by an earlier probation', { ...drift, model_version: 'v1' }, again, 1000, undefined],
    ['a new one after a rollback: the one that served before it', { ...drift, model_version: 'v4' }, [promotion('v4', 4), ...rolledBack], 1000, 'v1'],
  ];
  for (const [name, request, list, labels, want] of TABLE) assert.equal(probationOf(request, list, labels)?.model_version, want, name);
});
