// Every manifest against the JSON schemas of Kubernetes, strictly: a field that does not exist is refused. The schemas come with a Python package; Strimzi's kinds are not among them (deploy/rules.testing.ts checks those).
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSettings } from '../schemas/settings.ts';
import { messageOf } from '../schemas/failure.ts';
import { runProgram } from '../stack/fetch.ts';
import { pathsOf } from '../stack/paths.ts';
import { fetchPython, type Pinned } from '../stack/python.ts';
import { render, type Manifest } from './kustomize.testing.ts';

const TOOLS: readonly Pinned[] = ['kubernetes-validate==1.37.0', 'PyYAML==6.0.4', 'jsonschema==4.26.0', 'referencing==0.37.0', 'importlib_resources==7.1.0', 'packaging==26.4', 'typing_extensions==4.16.0'];
/** The oldest we say we run on, and the newest the package knows. */
const VERSIONS = ['1.33', '1.37'] as const;
const HERE = import.meta.dirname;
const isStrimzi = (manifest: Manifest): boolean => manifest.apiVersion.startsWith('kafka.strimzi.io/');

test('every manifest of every overlay is what Kubernetes has a schema for; a field too many is refused', async (t) => {
  const { homeDir, cacheDir } = readSettings(process.env);
  const python = await fetchPython(pathsOf(homeDir, cacheDir, process.env['XDG_CACHE_HOME']).cache, 'kubernetes', TOOLS, console.log);
  const dir = mkdtempSync(join(tmpdir(), 'loop-manifests-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const validate = async (name: string, manifests: readonly Manifest[], version: (typeof VERSIONS)[number]): Promise<string> => {
    const file = join(dir, `${name}.yaml`);
    // As JSON, which every YAML reader takes for the same: in YAML 1.1 a word like on is no text.
    writeFileSync(file, manifests.map((one) => JSON.stringify(one)).join('\n---\n'));
    return runProgram(python, ['-m', 'kubernetes_validate', '--strict', '--kubernetes-version', version, file]);
  };
  for (const overlay of globSync('overlays/*', { cwd: HERE })) {
    const manifests = render(join(HERE, overlay)).filter((one) => !isStrimzi(one));
    for (const version of VERSIONS) {
      const said = await validate('all', manifests, version);
      assert.equal(said.split('\n').filter((line) => line.includes(' passed ')).length, manifests.length, said);
      assert.doesNotMatch(said, /WARN/);
    }
    // One of each kind is enough to see that its schema is closed.
    for (const [kind, [manifest]] of Map.groupBy(manifests, (one) => one.kind)) {
      assert.ok(manifest !== undefined);
      await assert.rejects(validate('twin', [{ ...manifest, replica: 2 }], VERSIONS[1]), (error: unknown) => /'replica' was unexpected/.test(messageOf(error)), kind);
    }
  }
});
