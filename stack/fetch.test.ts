import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkJava, downloadedIn, fetchKafka, VERSIONS } from './fetch.ts';

/** A folder of shell scripts that stand for the programs of a machine, and nothing else on the PATH. */
function onlyPrograms(t: TestContext, programs: Readonly<Record<string, string>>): void {
  const dir = mkdtempSync(join(tmpdir(), 'loop-path-'));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(dir, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(dir, name), 0o755);
  }
  const before = process.env['PATH'];
  process.env['PATH'] = dir;
  t.after(() => {
    process.env['PATH'] = before;
    rmSync(dir, { recursive: true });
  });
}
function cacheDir(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'loop-cache-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
const MKDIR = '/bin/mkdir -p';
/** A Maven that puts one file where it is asked to. */
const COPYING = `for arg in "$@"; do case $arg in -DoutputDirectory=*) ${MKDIR} "\${arg#*=}"; echo x > "\${arg#*=}/a.jar";; esac; done`;

test('a missing or old Java is named with the way to get one', async (t) => {
  onlyPrograms(t, {});
  await assert.rejects(checkJava(), { code: 'program_missing', message: /java cannot be run[\s\S]*Install a Java 17/ });
  onlyPrograms(t, { java: `echo 'openjdk version "11.0.2" 2019-01-15' >&2` });
  await assert.rejects(checkJava(), { code: 'java_old', message: /version 11, 17 or newer is needed/ });
  onlyPrograms(t, { java: `echo 'openjdk version "21.0.2" 2024-01-16' >&2` });
  await checkJava();
});
test('a missing Maven is named with the way to get it, and leaves nothing behind', async (t) => {
  onlyPrograms(t, {});
  const cache = cacheDir(t);
  await assert.rejects(fetchKafka(cache, () => undefined), { code: 'program_missing', message: /mvn cannot be run[\s\S]*Install Maven/ });
  assert.deepEqual(readdirSync(cache), []);
});
test('a failed download leaves nothing behind, and the next one works', async (t) => {
  const cache = cacheDir(t);
  onlyPrograms(t, { mvn: 'echo "Could not transfer artifact"; exit 1' });
  await assert.rejects(fetchKafka(cache, () => undefined), { code: 'fetch_failed', message: /kafka[\s\S]*Could not transfer/ });
  assert.deepEqual(readdirSync(cache), []);
  onlyPrograms(t, { mvn: COPYING });
  assert.equal(await fetchKafka(cache, () => undefined), join(cache, `kafka-${VERSIONS.kafka}`));
});
test('two at once: both get the part, nothing else stays; from then on no program is run', async (t) => {
  const cache = cacheDir(t);
  onlyPrograms(t, { mvn: COPYING });
  const homes = await Promise.all([fetchKafka(cache, () => undefined), fetchKafka(cache, () => undefined)]);
  assert.equal(homes[0], homes[1]);
  assert.deepEqual(readdirSync(cache), [`kafka-${VERSIONS.kafka}`]);
  onlyPrograms(t, {});
  assert.equal(await fetchKafka(cache, () => undefined), homes[0]);
});
test('progress is what Maven says', () => {
  const output = '[INFO] Downloading from central: a\n[INFO] Downloaded from central: a.jar (1.5 MB at 3 MB/s)\nDownloaded from central: b.pom (500 B at 1 kB/s)\nDownloaded from central: c.ja';
  assert.deepEqual(downloadedIn(output), { files: 2, bytes: 1_500_500 });
});
