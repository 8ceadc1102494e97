// Alertmanager: groups and silences what Prometheus finds, as prometheus/alertmanager.yml says, and posts it to ALERT_WEBHOOK.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Context } from '../context.ts';
import { PROJECT_DIR } from '../paths.ts';
import { answersHttp, type Service } from './service.ts';

export const ALERTMANAGER_FILE = join(PROJECT_DIR, 'prometheus', 'alertmanager.yml');
/** The project's configuration with somebody to tell. A new address is put in as a JSON string, which YAML reads. */
export const alertmanagerConfig = (text: string, webhook: string): string => (webhook === '' ? text : text.replace('receiver: nobody', 'receiver: webhook').replace(/url: '[^']*'/, () => `url: ${JSON.stringify(webhook)}`));

/** Debian names it otherwise than everybody else. */
const alertmanagerIn = (bin: string): string => [join(bin, 'alertmanager'), join(bin, 'prometheus-alertmanager')].find((one) => existsSync(one)) ?? join(bin, 'alertmanager');

export function alertmanagerService({ paths, settings, ports }: Pick<Context, 'paths' | 'settings' | 'ports'>, bin: string): Service {
  const dir = join(paths.home, 'alertmanager');
  return {
    name: 'alertmanager',
    ports: [{ number: ports.alertmanager, env: 'ALERTMANAGER_URL' }],
    prepare() {
      mkdirSync(dir, { recursive: true });
      // The address may hold a secret.
      writeFileSync(join(dir, 'alertmanager.yml'), alertmanagerConfig(readFileSync(ALERTMANAGER_FILE, 'utf8'), settings.alertWebhook), { mode: 0o600 });
      // An empty cluster address: one of its own, so that no second port is open.
      return Promise.resolve({ program: alertmanagerIn(bin), cwd: dirname(bin), args: [`--config.file=${join(dir, 'alertmanager.yml')}`, `--storage.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${ports.alertmanager}`, '--cluster.listen-address=', '--log.level=warn'] });
    },
    healthy: () => answersHttp(`${settings.alertmanagerUrl}/-/ready`),
  };
}
