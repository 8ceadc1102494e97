// ./loop bench NAME: runs one benchmark, prints its table, and with --check exits 1 where a bar is missed.
import { readSecretFile } from '../producers/secretFile.ts';
import { readSettings } from '../schemas/settings.ts';
import { pathsOf } from '../stack/paths.ts';
import { UsageError } from '../stack/say.ts';
import { readArgs } from '../stack/verbs/verb.ts';
import { renderResult, type Bench } from './bench.ts';

// Loaded when run: each brings its own weight.
export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  state: async () => (await import('./state/state.ts')).bench,
  detect: async () => (await import('./detect/detect.ts')).detect,
  join: async () => (await import('./join/join.ts')).bench,
  train: async () => (await import('./train/train.ts')).bench,
  batch: async () => (await import('./batch/batch.ts')).bench,
  serve: async () => (await import('./serve/serve.ts')).bench,
  stream: async () => (await import('./stream/stream.ts')).bench,
  monitor: async () => (await import('./monitor/monitor.ts')).bench,
  poisoned: async () => (await import('./poisoned/poisoned.ts')).bench,
  poison: async () => (await import('./poison/poison.ts')).bench,
};
export const BENCH_NAMES = Object.keys(BENCHES);

export async function runBench(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { json: { type: 'boolean' }, check: { type: 'boolean' }, seed: { type: 'string' }, runs: { type: 'string' }, scale: { type: 'string' }, peers: { type: 'string' }, dataset: { type: 'string' } });
  const [name, ...more] = words;
  const load = BENCHES[name ?? ''];
  if (name === undefined || load === undefined || more.length > 0) throw new UsageError(`name one benchmark: ${BENCH_NAMES.join(', ')}`);
  const positive = (flag: 'seed' | 'runs' | 'scale', whole: boolean): number | undefined => {
    const raw = values[flag];
    if (raw === undefined) return undefined;
    const value = Number(raw);
    if (!(value > 0) || (whole && !Number.isInteger(value))) throw new UsageError(`--${flag} must be a ${whole ? 'whole ' : ''}number above 0, is '${raw}'`);
    return value;
  };
  const bench = await load();
  const { homeDir, cacheDir } = readSettings(process.env, readSecretFile);
  const result = await bench.run({ seed: positive('seed', true) ?? 42, runs: positive('runs', true), scale: positive('scale', false) ?? 1, peers: values.peers?.split(',').filter((one) => one !== ''), dataset: values.dataset, cache: pathsOf(homeDir, cacheDir, process.env['XDG_CACHE_HOME']).cache, say: (line) => console.error(line) });
  if (values.json) console.log(JSON.stringify(result));
  else for (const line of renderResult(result)) console.log(line);
  const missed = result.bars.filter((bar) => !bar.holds);
  if (values.check) for (const bar of missed) console.error(`bench ${name}: missed: ${bar.name} (wanted ${bar.wanted}, seen ${bar.seen})`);
  return values.check && missed.length > 0 ? 1 : 0;
}
