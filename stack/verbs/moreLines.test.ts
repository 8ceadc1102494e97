import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditLines } from './auditLines.ts';
import { sourceLines } from './sourceLines.ts';

test('the audit log: who, what, to what, why; what steers a terminal is taken out', () => {
  const entry = { at_ms: 0, actor: 'anna', action: 'rollback', outcome: 'failed', target: 'grocery/rollback/1', reason: 'worse\u001b[2J', error: 'away', request_id: 'r-1' };
  assert.deepEqual(auditLines([entry], 60_000), ['when      who   did       outcome  to                  request  why', '60 s ago  anna  rollback  failed   grocery/rollback/1  r-1      worse\uFFFD[2J; away']);
  assert.deepEqual(auditLines([], 0), ['nothing stands in the audit log that was asked for']);
});
test('sources: shares, how far apart, what is pushed', () => {
  const one = { source: 'bot\n', labels: 60, set_aside: 3, contradicts: 0.8, others_contradict: 0.08, apart: 12.34, pushes: 'Beverages', pushes_share: 0.5, odd: true };
  assert.deepEqual(sourceLines([{ model_name: 'grocery', model_version: 'v1', sources: [one] }]), ['grocery v1', 'source  labels  set aside  contradicts  others  apart       gives most against the model', 'bot\uFFFD    60      3          80.0 %       8.0 %   12.3   odd  Beverages (50.0 %)']);
  assert.deepEqual(sourceLines([{ model_name: 'grocery', model_version: 'v1' }]), ['nobody has labelled anything yet']);
});
