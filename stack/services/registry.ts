// Apicurio registry; its storage is a topic of our Kafka.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fatal } from '../../schemas/failure.ts';
import type { Context } from '../context.ts';
import { JVM } from './kafka.ts';
import { answersHttp, type Service } from './service.ts';

export function registryService({ settings, ports }: Context, home: string): Service {
  return {
    name: 'registry',
    ports: [{ number: ports.registry, env: 'REGISTRY_URL' }],
    prepare() {
      const jar = readdirSync(home).find((file) => file.endsWith('-runner.jar'));
      if (jar === undefined) throw fatal('archive_missing', `${home} holds no runner jar; remove that folder and run again`);
      const properties = { 'apicurio.storage.kind': 'kafkasql', 'apicurio.kafkasql.bootstrap.servers': settings.kafkaBootstrap, 'quarkus.http.host': '127.0.0.1', 'quarkus.http.port': ports.registry, 'quarkus.log.level': 'WARN', 'quarkus.log.console.level': 'WARN' };
      const args = ['-Xmx384m', ...JVM, ...Object.entries(properties).map(([name, value]) => `-D${name}=${value}`), '-jar', join(home, jar)];
      return Promise.resolve({ program: 'java', args, cwd: home });
    },
    healthy: () => answersHttp(`${settings.registryUrl}/subjects`),
  };
}
