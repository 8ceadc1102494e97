// The other systems of the join benchmark: where their programs come from and how one is started. Their libraries go into the cache, their few lines of ours are in bench/peers.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fatal } from '../../schemas/failure.ts';
import { part, runProgram, VERSIONS, withDependencies, type Artifact, type Say } from '../../stack/fetch.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { fetchPython, type Pinned } from '../../stack/python.ts';

const HERE = join(PROJECT_DIR, 'bench/peers');
export type Program = { readonly program: string; readonly args: readonly string[]; readonly env?: Readonly<Record<string, string>> };
/** What a peer's program is told. group: its consumer group and the prefix of its own topics. */
export type PeerRun = { readonly bootstrap: string; readonly registryUrl: string; readonly group: string; readonly stateDir: string; readonly output: string };
export type Peer = {
  readonly name: string;
  /** as its table row names it */
  readonly title: string;
  /** Fetches what it needs; fatal with the way out when it cannot. Gives what starts it. */
  install(cache: string, say: Say): Promise<(run: PeerRun) => Program>;
  /** no join: its output is not compared with the oracle */
  readonly counts?: true;
  /** the most records of a run; absent: all */
  readonly atMost?: number;
};

export const STREAMS_VERSION = VERSIONS.kafka;
const JAVA: readonly Artifact[] = [
  { group: 'org.apache.kafka', id: 'kafka-streams', version: STREAMS_VERSION },
  { group: 'org.apache.avro', id: 'avro', version: '1.12.0' },
  // Avro brings an older one than the databind of kafka-streams works with.
  { group: 'com.fasterxml.jackson.core', id: 'jackson-core', version: '2.21.2' },
];
const QUIX: readonly Pinned[] = ['quixstreams[avro]==3.28.1'];
const FAUST: readonly Pinned[] = ['faust-streaming==0.15.3', 'fastavro==1.13.1'];
const JDK_HELP = 'Install a JDK 17 or newer (Debian, Ubuntu: apt install openjdk-17-jdk-headless).';

async function streams(cache: string, say: Say): Promise<{ readonly classpath: string }> {
  const source = join(HERE, 'LiveTally.java');
  const mark = createHash('sha256').update(readFileSync(source)).update(JSON.stringify(JAVA)).digest('hex').slice(0, 10);
  const home = await part(cache, `kafka-streams-${STREAMS_VERSION}-${mark}`, say, async (dir) => {
    await withDependencies(JAVA, dir, say);
    await runProgram('javac', ['-cp', join(dir, 'lib', '*'), '-d', join(dir, 'classes'), source], { missing: JDK_HELP });
  });
  return { classpath: `${join(home, 'classes')}:${join(home, 'lib', '*')}` };
}
const words = ({ bootstrap, registryUrl, group, stateDir, output }: PeerRun): string[] => [bootstrap, registryUrl, group, stateDir, output];

export const PEERS: readonly Peer[] = [
  {
    name: 'kafka-streams', title: `Kafka Streams ${STREAMS_VERSION}`,
    async install(cache, say) {
      const { classpath } = await streams(cache, say);
      return (run) => ({ program: 'java', args: ['-cp', classpath, 'LiveTally', ...words(run)] });
    },
  },
  {
    name: 'quix', title: 'Quix Streams 3.28.1', atMost: 120_000,
    async install(cache, say) {
      const python = await fetchPython(cache, 'quix', QUIX, say);
      return (run) => ({ program: python, args: [join(HERE, 'quixTally.py'), ...words(run)] });
    },
  },
  {
    name: 'faust', title: 'Faust-streaming 0.15.3', atMost: 20_000,
    async install(cache, say) {
      const python = await fetchPython(cache, 'faust', FAUST, say);
      return (run) => ({ program: python, args: [join(HERE, 'faustTally.py'), ...words(run)] });
    },
  },
  {
    name: 'kafkajs', title: 'bare kafkajs loop (no join)', counts: true,
    install: () => Promise.resolve((run) => ({ program: process.execPath, args: [join(HERE, 'kafkajsLoop.ts'), run.bootstrap, run.group, run.output] })),
  },
];
/** Those asked for. Fatal `no_such_peer` on a name that is none. */
export function peersNamed(names: readonly string[] | undefined): readonly Peer[] {
  const stranger = names?.find((name) => PEERS.every((peer) => peer.name !== name));
  if (stranger !== undefined) throw fatal('no_such_peer', `there is no peer '${stranger}'; --peers takes ${PEERS.map((peer) => peer.name).join(', ')}`);
  return names === undefined ? PEERS : PEERS.filter((peer) => names.includes(peer.name));
}
