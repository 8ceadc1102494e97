// One training in a process of its own, so that its CPU time and peak memory are its own: a program reads a job file and writes one line of JSON.
import { join } from 'node:path';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { runProgram } from '../../stack/fetch.ts';

/** Written once for all: the same texts and the same split for everybody. */
export type JobFile = { readonly texts: readonly string[]; readonly labels: readonly string[]; readonly train: readonly number[]; readonly test: readonly number[] };
export type Told = {
  readonly predicted: readonly string[]; readonly confidence: readonly number[]; readonly trainSeconds: number; readonly trainCpuSeconds: number; readonly peakRssBytes: number; readonly modelBytes: number; readonly predictionsPerSecond: number;
  /** of the weights; absent where there is none to compare */ readonly sha256?: string; /** versions of what trained */ readonly versions: string;
};
/** peer: as --peers names it; undefined: ours. */
export type Contender = { readonly name: string; readonly peer: string | undefined; readonly program: string; readonly args: readonly string[] };

export const ours = (name: string, backend: 'node' | 'wasm', nativeHome: string): Contender => ({ name, peer: undefined, program: process.execPath, args: ['--disable-warning=ExperimentalWarning', '--disable-warning=DEP0051', '--disable-warning=DEP0044', join(PROJECT_DIR, 'bench/train/ours.ts'), backend, nativeHome] });
export const peerIn = (python: string, peer: string, kind: string, name: string): Contender => ({ name, peer, program: python, args: [join(PROJECT_DIR, 'bench/peers/textClassifiers.py'), kind] });

/** Throws fatal `program_failed` with its last lines. */
export async function runContender({ program, args }: Contender, jobFile: string, seed: number): Promise<Told> {
  const out = await runProgram(program, [...args, jobFile, String(seed)]);
  // What libraries print stands before it.
  return JSON.parse(out.trimEnd().split('\n').findLast((line) => line.startsWith('{')) ?? '') as Told;
}
