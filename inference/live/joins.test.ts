import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summed, urlsOf } from './joins.ts';

const version = (name: string, predicted: number, labelled: number, audit: readonly [number, number] = [0, 0]) => ({ model_name: 'm', model_version: name, predicted, labelled, audit_predicted: audit[0], audit_labelled: audit[1], coverage: 9, audit_coverage: 9 });
test('counts of all members add up; a share is never the mean of shares', () => {
  const told = summed([{ waiting: 3, versions: [version('v1', 10, 10), version('v2', 2, 0, [1, 0])] }, { waiting: 4, versions: [version('v1', 90, 0, [1, 1])] }, { waiting: 0, versions: [] }]);
  assert.equal(told.waiting, 7);
  assert.deepEqual(told.versions.map(({ model_version, coverage, audit_coverage }) => [model_version, coverage, audit_coverage]), [['v1', 0.1, 1], ['v2', 0, 0]]);
  assert.deepEqual(summed([{ waiting: 1, versions: [version('v1', 0, 0)] }]).versions.map(({ coverage, audit_coverage }) => [coverage, audit_coverage]), [[null, null]]);
  assert.deepEqual(summed(['odd', undefined, { versions: 'odd', waiting: 'odd' }]), { waiting: 0, versions: [] });
});
test('one URL per address, port and path kept', () => {
  assert.deepEqual(urlsOf('http://join-members:17011', ['10.0.0.1', '10.0.0.2']), ['http://10.0.0.1:17011', 'http://10.0.0.2:17011']);
  assert.deepEqual(urlsOf('http://[::1]:7/x', ['::1']), ['http://[::1]:7/x']);
  assert.deepEqual(urlsOf('https://join/a', ['10.0.0.1']), ['https://10.0.0.1/a']);
});
