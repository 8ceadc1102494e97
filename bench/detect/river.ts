// ADWIN, DDM and Page–Hinkley of River, on the same bytes: one Python process that reads a file while we work.
import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fatal } from '../../schemas/failure.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { fetchPython } from '../../stack/python.ts';
import type { Scenario } from './plan.ts';

export const RIVER = 'river==0.26.1';
export const RIVER_DETECTORS = { adwin: 'ADWIN (River)', ddm: 'DDM (River)', ph: 'Page–Hinkley (River)' } as const;
export type RiverName = keyof typeof RIVER_DETECTORS;
/** Alarm positions per scenario and run. */
export type RiverAlarms = readonly (readonly Readonly<Record<RiverName, readonly number[]>>[])[];

/** Started at once; the answer comes when Python has read everything. Its output goes to files, since this process is busy meanwhile and would not read a pipe. */
export async function startRiver(cache: string, scenarios: readonly Scenario[], say: (line: string) => void): Promise<{ readonly alarms: () => Promise<RiverAlarms> }> {
  const python = await fetchPython(cache, 'river', [RIVER], say);
  const dir = mkdtempSync(join(tmpdir(), 'loop-detect-'));
  const [plan, streams, out, errors] = ['plan.json', 'streams.bin', 'out', 'errors'].map((name) => join(dir, name)) as [string, string, string, string];
  writeFileSync(plan, JSON.stringify(scenarios.map(({ categories, labels, runs, dropAt }) => ({ categories, labels, runs: runs.length, enough: dropAt ?? labels }))));
  const file = openSync(streams, 'w');
  for (const { runs } of scenarios) for (const { stream } of runs) writeSync(file, stream);
  closeSync(file);
  const [outFile, errorFile] = [openSync(out, 'w'), openSync(errors, 'w')];
  const child = spawn(python, [join(PROJECT_DIR, 'bench/detect/river_detectors.py'), plan, streams], { stdio: ['ignore', outFile, errorFile] });
  const kill = (): void => void child.kill();
  process.once('exit', kill);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve).on('error', () => resolve(null)));
  closeSync(outFile);
  closeSync(errorFile);
  return {
    async alarms() {
      const code = await ended;
      process.off('exit', kill);
      const lines = readFileSync(out, 'utf8').split('\n').filter((line) => line !== '');
      const told = readFileSync(errors, 'utf8').split('\n').slice(-15).join('\n');
      rmSync(dir, { recursive: true, force: true });
      if (code !== 0) throw fatal('peer_failed', `River's detectors ended with ${code}:\n${told}`);
      let at = 0;
      return scenarios.map(({ runs }) => runs.map(() => JSON.parse(lines[at++] ?? '') as Record<RiverName, number[]>));
    },
  };
}
