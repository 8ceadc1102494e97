// S3Proxy over a plain folder.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { STEADY_JVM } from './kafka.ts';
import { acceptsTcp, type Service } from './service.ts';

const LOGBACK = '<configuration><appender name="OUT" class="ch.qos.logback.core.ConsoleAppender"><encoder><pattern>%d %level %logger{20} %msg%n</pattern></encoder></appender><root level="WARN"><appender-ref ref="OUT"/></root></configuration>';

export function s3Service({ paths, settings, ports }: Context, home: string): Service {
  const dir = join(paths.home, 's3');
  return {
    name: 's3',
    ports: [{ number: ports.s3, env: 'S3_ENDPOINT' }],
    prepare() {
      mkdirSync(join(dir, 'data'), { recursive: true });
      const properties = {
        's3proxy.endpoint': `http://127.0.0.1:${ports.s3}`, 's3proxy.authorization': 'aws-v2-or-v4', 's3proxy.identity': settings.s3AccessKey, 's3proxy.credential': settings.s3SecretKey,
        'jclouds.provider': 'filesystem-nio2', 'jclouds.filesystem.basedir': join(dir, 'data'),
      };
      writeFileSync(join(dir, 's3proxy.conf'), Object.entries(properties).map(([name, value]) => `${name}=${value}\n`).join(''), { mode: 0o600 });
      writeFileSync(join(dir, 'logback.xml'), LOGBACK);
      return Promise.resolve({ program: 'java', args: ['-Xmx256m', ...STEADY_JVM, `-Dlogback.configurationFile=${join(dir, 'logback.xml')}`, '-cp', join(home, 'lib', '*'), 'org.gaul.s3proxy.Main', '--properties', join(dir, 's3proxy.conf')] });
    },
    healthy: () => acceptsTcp(ports.s3),
  };
}
