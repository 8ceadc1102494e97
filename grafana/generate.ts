// node grafana/generate.ts: writes the dashboards to grafana/dashboards; a test compares.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { joinDashboard } from './join.ts';
import { loopDashboard } from './loop.ts';
import { servingDashboard } from './serving.ts';
import { trainerDashboard } from './trainer.ts';

export const DASHBOARDS_DIR = join(import.meta.dirname, 'dashboards');
/** File name → its text. */
export const generated = (): Map<string, string> => new Map([loopDashboard, joinDashboard, servingDashboard, trainerDashboard].map((make) => {
  const made: Dashboard = make();
  return [`${made.uid ?? ''}.json`, `${JSON.stringify(made, null, 1)}\n`];
}));

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) for (const [name, text] of generated()) writeFileSync(join(DASHBOARDS_DIR, name), text);
