// Prometheus: scrapes the four processes, loads the rules in prometheus/ and tells Alertmanager.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { PROJECT_DIR } from '../paths.ts';
import { answersHttp, type Service } from './service.ts';

/** prometheus.yml, which is YAML because JSON is. */
export const prometheusConfig = (targets: Readonly<Record<string, number>>, alertmanager: number): string =>
  JSON.stringify({
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '2s' },
    rule_files: [join(PROJECT_DIR, 'prometheus', '*.rules.yml')],
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${alertmanager}`] }] }] },
    scrape_configs: Object.entries(targets).map(([process, port]) => ({ job_name: process, static_configs: [{ targets: [`127.0.0.1:${port}`] }] })),
  }, null, 2);

export function prometheusService({ paths, settings, ports }: Context, bin: string): Service {
  const dir = join(paths.home, 'prometheus');
  return {
    name: 'prometheus',
    ports: [{ number: ports.prometheus, env: 'PROMETHEUS_URL' }],
    prepare() {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'prometheus.yml'), prometheusConfig({ inference: settings.inferencePort, join: settings.joinPort, monitor: settings.monitorPort, trainer: settings.trainerPort }, ports.alertmanager));
      return Promise.resolve({ program: join(bin, 'prometheus'), args: [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${join(dir, 'data')}`, `--web.listen-address=127.0.0.1:${ports.prometheus}`, '--log.level=warn'] });
    },
    healthy: () => answersHttp(`${settings.prometheusUrl}/-/ready`),
  };
}
