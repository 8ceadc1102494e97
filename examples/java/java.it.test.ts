// The Java example as it stands: a client that knows broker and registry writes feedback, and it becomes a label.
import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { partitionOf } from '../../schemas/partition.ts';
import { openContext } from '../../stack/context.ts';
import { part, runProgram, withDependencies } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { aPrediction, openBench, startProcess, until, watch } from '../../stack/testing.ts';

const LABEL = 'Fresh & Perishable Items';
const POM = readFileSync(join(PROJECT_DIR, 'examples/java/pom.xml'), 'utf8');

/** The libraries that the example's pom.xml names, in the cache. */
function libraries(cache: string, say: (line: string) => void): Promise<string> {
  const artifacts = [...POM.matchAll(/<dependency><groupId>([^<]+)<\/groupId><artifactId>([^<]+)<\/artifactId><version>([^<]+)</g)].map(([, group = '', id = '', version = '']) => ({ group, id, version }));
  assert.equal(artifacts.length, 2);
  return part(cache, `java-client-${createHash('sha256').update(POM).digest('hex').slice(0, 10)}`, say, (dir) => withDependencies(artifacts, dir, say));
}

test('a Java Avro client writes feedback, and it becomes a label', async (t) => {
  const bench = await openBench(t);
  const { settings } = bench;
  const home = await libraries(openContext(process.env, { create: false }).paths.cache, (line) => t.diagnostic(line));
  startProcess(t, bench, 'consumers/join/main.ts');
  const labelled = await watch(t, bench, 'labelled');
  const version = `java-${randomUUID()}`;
  const id = `${version}-1`;
  await bench.publisher.send([{ topic: 'predictions', key: id, value: aPrediction(id, version) }]);
  // A JDK compiles a single file as it runs it.
  const said = await runProgram('java', ['-cp', join(home, 'lib', '*'), join(PROJECT_DIR, 'examples/java/WriteFeedback.java'), settings.kafkaBootstrap, settings.registryUrl, id, LABEL], { missing: 'Install a JDK, 17 or newer (Debian, Ubuntu: apt install openjdk-17-jdk-headless).' });
  assert.match(said, new RegExp(`feedback on partition ${partitionOf(id, settings.partitions)}`));
  const pair = await until('the label', () => labelled.find((event) => event.prediction_id === id));
  assert.deepEqual([pair.label, pair.source], [LABEL, 'java']);
});
