// The client of `bench serve`: wrk, from PATH or Debian's packages unpacked into the cache. It asks as quickly as it is answered over a fixed number of connections.
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fatal, LoopError, messageOf } from '../../schemas/failure.ts';
import { part, runProgram, type Say } from '../../stack/fetch.ts';

export type Wrk = { readonly program: string; readonly env: Readonly<Record<string, string>> };
/** What one target is asked: bodies are taken in turn. */
export type Target = { readonly port: number; readonly path: string; readonly headers: Readonly<Record<string, string>>; readonly body: (text: string) => string };
export type Answered = { readonly requests: number; readonly seconds: number; readonly p50Ms: number; readonly p99Ms: number; readonly p999Ms: number; /** not 2xx, or no answer */ readonly failed: number };
const WRK_HELP = 'Install wrk (Debian, Ubuntu: apt install wrk).';

export async function fetchWrk(cache: string, say: Say): Promise<Wrk> {
  for (const dir of (process.env['PATH'] ?? '').split(':')) if (dir !== '' && existsSync(join(dir, 'wrk'))) return { program: join(dir, 'wrk'), env: {} };
  const home = await part(cache, 'wrk', say, async (dir) => {
    await runProgram('apt-get', ['download', 'wrk', 'libluajit-5.1-2', 'libluajit-5.1-common'], { cwd: dir, missing: WRK_HELP }).catch((error: unknown) => {
      throw fatal(error instanceof LoopError ? error.code : 'program_failed', `${messageOf(error)}\nRun apt-get update, or: ${WRK_HELP}`, { cause: error });
    });
    for (const file of readdirSync(dir).filter((one) => one.endsWith('.deb'))) {
      await runProgram('dpkg', ['-x', join(dir, file), dir]);
      rmSync(join(dir, file));
    }
  });
  const triplet = readdirSync(join(home, 'usr/lib')).find((one) => existsSync(join(home, 'usr/lib', one, 'libluajit-5.1.so.2'))) ?? '';
  return { program: join(home, 'usr/bin/wrk'), env: { LD_LIBRARY_PATH: join(home, 'usr/lib', triplet) } };
}

const lua = (text: string): string => `"${[...Buffer.from(text)].map((byte) => `\\${String(byte).padStart(3, '0')}`).join('')}"`;
/** wrk's script: every request is put together before the first is sent. */
function scriptOf({ path, headers, body }: Target, texts: readonly string[]): string {
  const head = Object.entries({ 'content-type': 'application/json', ...headers }).map(([name, value]) => `[${lua(name)}]=${lua(value)}`).join(',');
  return `local bodies = {\n${texts.map((text) => lua(body(text))).join(',\n')}\n}
local requests, at = {}, 0
function init() for i, b in ipairs(bodies) do requests[i] = wrk.format("POST", ${lua(path)}, {${head}}, b) end end
function request() at = at % #requests + 1; return requests[at] end
function done(summary, latency) io.write(string.format("\\nFIGURES %d %d %d %d %d %d\\n", summary.requests, summary.duration, summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout, latency:percentile(50), latency:percentile(99), latency:percentile(99.9))) end
`;
}

/** Asks for so many seconds. dir: where the script may lie. */
export async function ask({ program, env }: Wrk, target: Target, texts: readonly string[], { dir, connections, seconds }: { readonly dir: string; readonly connections: number; readonly seconds: number }): Promise<Answered> {
  const file = join(dir, `ask-${target.port}.lua`);
  writeFileSync(file, scriptOf(target, texts));
  const vars = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const out = await runProgram('env', [...vars, program, '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '5s', '-s', file, `http://127.0.0.1:${target.port}`]);
  const [requests = 0, micros = 1, failed = 0, p50 = 0, p99 = 0, p999 = 0] = (/FIGURES (.*)/.exec(out)?.[1] ?? '').split(' ').map(Number);
  return { requests: requests - failed, seconds: micros / 1e6, failed, p50Ms: p50 / 1000, p99Ms: p99 / 1000, p999Ms: p999 / 1000 };
}
