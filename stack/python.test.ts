import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fetchPython, venvName } from './python.ts';

test('other pins make another folder, their order does not', () => {
  assert.equal(venvName('x', ['a==1', 'b==2']), venvName('x', ['b==2', 'a==1']));
  assert.notEqual(venvName('x', ['a==1']), venvName('x', ['a==2']));
});

// Each stands in for the machine's python3.
const TABLE = [
  { name: 'no python3', script: undefined, code: 'python_missing' },
  { name: 'too old', script: 'echo "version 3.8"', code: 'python_old' },
  { name: 'without venv', script: 'case "$2" in *ensurepip*) echo "No module named ensurepip" >&2; exit 1;; esac; echo "version 3.11"', code: 'venv_missing' },
  { name: 'pip fails', script: 'case "$2" in venv) mkdir -p "$3/bin"; printf "#!/bin/sh\\necho no such package >&2\\nexit 1\\n" > "$3/bin/python"; chmod +x "$3/bin/python";; esac; echo "version 3.11"', code: 'fetch_failed' },
] as const;
for (const { name, script, code } of TABLE) {
  test(`python for peers: ${name} is said with the way out`, async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'loop-python-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    const python = join(dir, 'python3');
    if (script !== undefined) {
      writeFileSync(python, `#!/bin/sh\n${script}\n`);
      chmodSync(python, 0o755);
    }
    await assert.rejects(fetchPython(join(dir, 'cache'), 'x', ['a==1'], () => undefined, python), (error: Error & { code?: string }) => error.code === code && (code === 'fetch_failed' ? /a==1.*no such package/s : /apt install python3/).test(error.message));
  });
}
