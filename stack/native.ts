// @tensorflow/tfjs-node in the cache: the trainer is quicker with it and needs it for nothing. First its own installer's library; where that cannot be downloaded, TensorFlow from PyPI's wheel and a compiler.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../schemas/failure.ts';
import { TFJS_NODE, nativeHomeIn } from '../trainer/model/backend.ts';
import { part, runProgram, type Say } from './fetch.ts';

const WHEEL = 'tensorflow_cpu==2.21.0';
const COMPILER_HELP = 'Install a C++ compiler (Debian, Ubuntu: apt install g++; macOS: xcode-select --install).';
const PYTHON_HELP = 'Install Python 3.10 to 3.13 with pip (Debian, Ubuntu: apt install python3-pip).';
const PROBE = "const tf = require('@tensorflow/tfjs-node'); tf.tensor1d([1, 2]).sum().data().then(([sum]) => process.exit(sum === 3 ? 0 : 1));";

/** Node's own headers: beside its binary, or where Debian puts them. */
function headersOfNode(): string {
  const places = [join(dirname(process.execPath), '../include/node'), '/usr/include/node', '/usr/local/include/node'];
  const found = places.find((dir) => existsSync(join(dir, 'node_api.h')));
  if (found === undefined) throw new Error(`node_api.h is in none of ${places.join(', ')}`);
  return found;
}

/** Throws with the reason when the addon does not load and add. */
const probe = (dir: string): Promise<string> => runProgram(process.execPath, ['-e', PROBE], { cwd: dir });

/** What `node scripts/install.js` of the package does: a library and an addon from its makers' storage. */
async function byItsInstaller(dir: string): Promise<void> {
  await runProgram(process.execPath, ['scripts/install.js'], { cwd: join(dir, 'node_modules/@tensorflow/tfjs-node') });
  await probe(dir);
}

async function byWheel(dir: string, say: Say): Promise<void> {
  const home = join(dir, 'node_modules/@tensorflow/tfjs-node');
  const work = mkdtempSync(join(dir, 'wheel-'));
  say(`fetching ${WHEEL} (270 MB) ...`);
  await runProgram('python3', ['-m', 'pip', 'download', '--quiet', '--no-deps', '--disable-pip-version-check', '--only-binary=:all:', '-d', work, WHEEL], { missing: PYTHON_HELP });
  const [wheel = ''] = readdirSync(work);
  await runProgram('unzip', ['-q', '-o', join(work, wheel), 'tensorflow/include/*', 'tensorflow/libtensorflow_cc.so.2', 'tensorflow/libtensorflow_framework.so.2', '-d', work], { missing: 'Install unzip.' });
  const libraries = join(home, 'deps/lib');
  mkdirSync(libraries, { recursive: true });
  for (const name of ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2']) renameSync(join(work, 'tensorflow', name), join(libraries, name));
  symlinkSync('libtensorflow_cc.so.2', join(libraries, 'libtensorflow.so'));
  symlinkSync('libtensorflow_framework.so.2', join(libraries, 'libtensorflow_framework.so'));
  const out = join(home, `lib/napi-v8`);
  mkdirSync(out, { recursive: true });
  say('compiling the addon ...');
  await runProgram('g++', [
    '-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', `-I${headersOfNode()}`, `-I${join(work, 'tensorflow/include')}`, join(home, 'binding/tfjs_backend.cc'), join(home, 'binding/tfjs_binding.cc'),
    '-o', join(out, 'tfjs_binding.node'), `-L${libraries}`, '-ltensorflow', '-ltensorflow_framework', '-Wl,-rpath,$ORIGIN/../../deps/lib',
  ], { missing: COMPILER_HELP });
  rmSync(work, { recursive: true, force: true });
  await probe(dir);
}

/** The folder whose node_modules hold a tfjs-node that works, made on first use. Throws fatal `fetch_failed` or `program_missing` with what stopped it. */
export async function fetchNative(cache: string, say: Say): Promise<string> {
  const home = nativeHomeIn(cache);
  return part(cache, `tfjs-node-${TFJS_NODE}`, say, async (dir) => {
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'tfjs-node-of-the-loop', private: true, dependencies: { '@tensorflow/tfjs-node': TFJS_NODE } }));
    await runProgram('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: dir, missing: 'Install npm.' });
    await byItsInstaller(dir).catch(async (error: unknown) => {
      say(`its own installer failed (${/ENOTFOUND|ECONN\w+|ETIMEDOUT|status code \d+|npm error.*|g\+\+.*/.exec(messageOf(error))?.[0] ?? 'no prebuilt library'}); building it from ${WHEEL}`);
      rmSync(join(dir, 'node_modules/@tensorflow/tfjs-node/deps'), { recursive: true, force: true });
      await byWheel(dir, say);
    });
    say(`tfjs-node ${TFJS_NODE} works; it will stand in ${home}`);
  });
}
