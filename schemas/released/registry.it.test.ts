// The real registry and our rules, asked about the same changes: what it refuses we refuse before, and both take a version 2 of every event. On subjects of the test's own.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { openBench, closeAtEnd } from '../../stack/testing.ts';
import { AVRO, type RecordSchema } from '../avro.ts';
import { incompatibilities } from '../evolution.ts';
import { TOPIC_NAMES } from '../topics.ts';
import { BAD_CHANGES, versionTwo } from './changes.testing.ts';

const HEADERS = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
async function openSubjects(t: TestContext) {
  const { settings } = await openBench(t);
  const mark = `evolution-${randomUUID()}`;
  const made = new Set<string>();
  const ask = (method: string, path: string, body?: object): Promise<Response> => fetch(`${settings.registryUrl}${path}`, { method, headers: HEADERS, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  closeAtEnd(t, () => Promise.all([...made].map((subject) => ask('DELETE', `/subjects/${subject}`))));
  return {
    /** A subject as `up` makes one, with a released schema on it. */
    async open(name: string, schema: RecordSchema): Promise<string> {
      const subject = `${mark}-${name}-value`;
      made.add(subject);
      assert.equal((await ask('PUT', `/config/${subject}`, { compatibility: 'FULL_TRANSITIVE' })).status, 200);
      assert.equal((await ask('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema), schemaType: 'AVRO' })).status, 200);
      return subject;
    },
    async offer(subject: string, schema: RecordSchema): Promise<'take' | 'refuse'> {
      const { status } = await ask('POST', `/subjects/${subject}/versions`, { schema: JSON.stringify(schema), schemaType: 'AVRO' });
      assert.ok(status === 200 || status === 409 || status === 422, String(status));
      return status === 200 ? 'take' : 'refuse';
    },
  };
}

test('what the registry refuses our rules refuse before it, change by change', async (t) => {
  const subjects = await openSubjects(t);
  const seen = await Promise.all(BAD_CHANGES.map(async ({ name, topic, schema }, i) => {
    assert.notDeepEqual(incompatibilities(topic, [{ version: 1, schema: AVRO[topic] }], schema), [], name);
    return [name, await subjects.offer(await subjects.open(String(i), AVRO[topic]), schema)];
  }));
  assert.deepEqual(seen, BAD_CHANGES.map(({ name, others }) => [name, others]));
});
test('both take a version 2 of every event, and version 1 again after it', async (t) => {
  const subjects = await openSubjects(t);
  for (const topic of TOPIC_NAMES) {
    const two = versionTwo(AVRO[topic]);
    assert.deepEqual(incompatibilities(topic, [{ version: 1, schema: AVRO[topic] }], two), [], topic);
    const subject = await subjects.open(topic, AVRO[topic]);
    assert.deepEqual([await subjects.offer(subject, two), await subjects.offer(subject, AVRO[topic])], ['take', 'take'], topic);
  }
});
