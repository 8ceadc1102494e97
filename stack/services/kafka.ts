// Kafka 4, one combined broker and controller.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from '../fetch.ts';
import type { Context } from '../context.ts';
import { acceptsTcp, type Service } from './service.ts';

/** server.properties. Offsets outlive the inputs' retention (120 days against 60), or an idle join would lose its positions. */
export const kafkaProperties = (port: number, controllerPort: number, dataDir: string): string =>
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': dataDir,
    'num.partitions': 1,
    'auto.create.topics.enable': false,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'offsets.retention.minutes': 172_800,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'log.cleaner.dedupe.buffer.size': 33_554_432,
  }).map(([name, value]) => `${name}=${value}\n`).join('');

const LEAN = ['-XX:+UseSerialGC', '-Xshare:auto'];
/** Up soon, at the price of some speed later. */
export const JVM = [...LEAN, '-XX:TieredStopAtLevel=1'];
/** For a server whose checksums over whole files are worth the second compiler. */
export const STEADY_JVM = LEAN;

export function kafkaService({ paths, ports, secrets }: Context, home: string): Service {
  const dir = join(paths.home, 'kafka');
  const classpath = join(home, 'lib', '*');
  return {
    name: 'kafka',
    ports: [{ number: ports.kafka, env: 'KAFKA_BOOTSTRAP' }, { number: ports.kafkaController, env: 'LOOP_PORT_BASE' }],
    async prepare() {
      mkdirSync(dir, { recursive: true });
      const file = join(dir, 'server.properties');
      writeFileSync(file, kafkaProperties(ports.kafka, ports.kafkaController, join(dir, 'data')));
      const formatted = existsSync(join(dir, 'data', 'meta.properties'));
      // One word: an id may begin with a dash.
      if (!formatted) await runProgram('java', [...JVM, '-cp', classpath, 'kafka.tools.StorageTool', 'format', `--cluster-id=${secrets.kafkaClusterId}`, '-c', file, '--ignore-formatted']);
      return { program: 'java', args: ['-Xmx512m', ...JVM, '-cp', classpath, 'kafka.Kafka', file] };
    },
    healthy: () => acceptsTcp(ports.kafka),
  };
}
