// Python for MLflow and the peers of a benchmark: a virtual environment in the cache with pinned packages. Nothing of it enters the project or the machine's own Python.
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { fatal, LoopError, messageOf } from '../schemas/failure.ts';
import { part, runProgram, type Say } from './fetch.ts';

const PYTHON_HELP = 'Install Python 3.10 or newer with venv (Debian, Ubuntu: apt install python3 python3-venv; macOS: brew install python).';
const OLDEST = [3, 10] as const;

/** `name==version`; anything else is not pinned. */
export type Pinned = `${string}==${string}`;

/** The folder's name says what is in it, so other pins make another folder. */
export const venvName = (name: string, packages: readonly Pinned[]): string => `python-${name}-${createHash('sha256').update([...packages].sort().join('\n')).digest('hex').slice(0, 10)}`;

/** What `python3 -c 'print version'` and the import of venv say; throws fatal `python_missing`, `python_old` or `venv_missing`, each with the way out. */
async function checkPython(python: string): Promise<void> {
  const text = await runProgram(python, ['-c', 'import sys; print("version %d.%d" % sys.version_info[:2])']).catch((cause: unknown) => {
    throw fatal('python_missing', `${python} cannot be run. ${PYTHON_HELP}`, { cause });
  });
  const [, major = '0', minor = '0'] = /version (\d+)\.(\d+)/.exec(text) ?? [];
  if (Number(major) !== OLDEST[0] || Number(minor) < OLDEST[1]) throw fatal('python_old', `${python} is version ${major}.${minor}. ${PYTHON_HELP}`);
  // Debian ships venv without ensurepip: such a venv would have no pip.
  await runProgram(python, ['-c', 'import venv, ensurepip']).catch((cause: unknown) => {
    throw fatal('venv_missing', `${python} has no venv module with pip. ${PYTHON_HELP}`, { cause });
  });
}

/** The python program of a virtual environment with these packages, made on first use. It is renamed into place, so start its tools as `python -m TOOL`: their own start scripts name a folder that is gone.
 *  Throws fatal: `python_missing`, `python_old`, `venv_missing`, `fetch_failed`. */
export async function fetchPython(cache: string, name: string, packages: readonly Pinned[], say: Say, python = 'python3'): Promise<string> {
  await checkPython(python);
  const home = await part(cache, venvName(name, packages), say, async (dir) => {
    try {
      await runProgram(python, ['-m', 'venv', dir]);
      await runProgram(join(dir, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check', ...packages]);
    } catch (cause) {
      if (cause instanceof LoopError) throw fatal(cause.code === 'program_missing' ? 'fetch_failed' : cause.code, `pip could not install ${packages.join(' ')}: ${messageOf(cause)}`, { cause });
      throw cause;
    }
  });
  return join(home, 'bin/python');
}
