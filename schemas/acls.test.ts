import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aclsOf, PRINCIPALS, RIGHTS } from './acls.ts';
import { TOPIC_NAMES } from './topics.ts';

test('every topic has a writer and a reader; what decides has one writer each', () => {
  for (const topic of TOPIC_NAMES) assert.ok(PRINCIPALS.some((one) => RIGHTS[one].writes.includes(topic)), topic);
  const writersOf = (topic: (typeof TOPIC_NAMES)[number]): string[] => PRINCIPALS.filter((one) => RIGHTS[one].writes.includes(topic));
  assert.deepEqual(writersOf('models'), ['trainer']);
  assert.deepEqual(writersOf('labelled'), ['join']);
  assert.deepEqual(writersOf('examples'), ['join']);
  assert.deepEqual(writersOf('tallies'), ['monitor']);
  assert.deepEqual(writersOf('audit-log'), ['inference']);
});
test('as ACLs: one entry per resource, prefixes told apart; only the setup makes topics, none may touch the cluster or delete a topic', () => {
  for (const principal of PRINCIPALS) {
    const acls = aclsOf(principal);
    assert.equal(new Set(acls.map(({ type, name }) => `${type} ${name}`)).size, acls.length, principal);
    assert.ok(acls.every(({ name }) => !name.includes('*') && name !== ''), principal);
    assert.ok(acls.every(({ type, operations }) => type !== 'topic' || !operations.includes('Delete')), principal);
    assert.equal(acls.some(({ operations }) => operations.includes('Create')), principal === 'setup', principal);
  }
  assert.deepEqual(aclsOf('trainer').filter(({ type }) => type !== 'topic'), [
    { type: 'group', name: 'trainer', patternType: 'literal', operations: ['Read'] }, { type: 'group', name: 'read-to-end-', patternType: 'prefix', operations: ['Read', 'Delete'] },
    { type: 'transactionalId', name: 'models-', patternType: 'prefix', operations: ['Describe', 'Write'] },
  ]);
  assert.deepEqual(aclsOf('client').map(({ name, operations }) => [name, operations]), [['products', ['Write']], ['predictions', ['Read']], ['feedback', ['Write']], ['client-', ['Read']]]);
});
