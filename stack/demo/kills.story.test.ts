// The whole story, with kill -9 of each process once: join and monitor while the world drifts, inference under load, the trainer in the middle of its training.
// Same end as without: one promotion for the drift, Alertmanager has heard of the fall and its end, and verify finds nothing.
import { mysqlOptions } from '../../producers/connections.ts';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import mysql from 'mysql2/promise';
import { syntheticWorld } from '../../producers/drift.ts';
import { asking, unanswered } from '../../grafana/answers.testing.ts';
import { readDashboards, readGrafanaRules } from '../../grafana/files.testing.ts';
import { openContext } from '../context.ts';
import { verify } from '../verify/verify.ts';
import { tellStory } from './demo.ts';
import type { Picture } from './picture.ts';

const SEED = 42;
const STORY_MINUTES = 10;

test('kill -9 of join, monitor, inference and trainer during the story: one promotion, verify clean', async () => {
  const context = openContext(process.env, { create: false });
  const killed: string[] = [];
  const kill = (name: string): void => {
    if (killed.includes(name)) return;
    const processes = JSON.parse(readFileSync(join(context.paths.run, 'processes.json'), 'utf8')) as Record<string, { pid?: number }>;
    const pid = processes[name]?.pid;
    if (pid === undefined) return;
    process.kill(pid, 'SIGKILL');
    killed.push(name);
  };
  const killAt = (picture: Picture): void => {
    if (picture.phase === 'healthy' && picture.labels > 100) kill('join');
    if (picture.phase === 'drifting' && killed.includes('join')) kill('monitor');
    if (picture.phase === 'drifting' && picture.freshShare > 0.05) kill('inference');
    if (picture.phase === 'retraining' && /: (training|cross-fit)$/.test(picture.stage)) kill('trainer');
  };
  const { phase, alert, sim, close } = await tellStory(context, syntheticWorld(SEED), SEED, { line: () => undefined, object: () => undefined, picture: killAt }, () => false, {
    minF1: context.settings.minF1, healthyLabels: 350, recoveredLabels: 350, rampMs: 20_000, maxFreshShare: 0.6, deadlineMs: 240_000,
  });
  await sim.finish();
  await close();
  assert.equal(phase.name, 'recovered', JSON.stringify(phase));
  // The alert came through after the drift had begun, and ended.
  assert.ok(phase.name === 'recovered' && alert.status === 'over' && alert.heardMs > phase.driftingSinceMs && alert.overMs > alert.heardMs, JSON.stringify({ phase, alert }));
  assert.deepEqual(killed.sort(), ['inference', 'join', 'monitor', 'trainer']);

  const checks = await verify(context, () => undefined);
  assert.deepEqual(checks.filter((check) => check.differences.length > 0), []);
  const db = await mysql.createConnection(mysqlOptions(context.settings));
  const [rows] = await db.query<mysql.RowDataPacket[]>("SELECT outcome FROM auto_training WHERE cause = 'drift'");
  const [promoted] = await db.query<mysql.RowDataPacket[]>("SELECT DISTINCT model_version FROM auto_training WHERE outcome = 'promoted'");
  await db.end();
  assert.deepEqual(rows.map((row): unknown => row['outcome']), ['promoted']);
  // No answer ever named a version that was not promoted.
  const known = new Set(promoted.map((row): unknown => row['model_version']));
  assert.deepEqual(Object.keys(sim.counts().answered).filter((version) => !known.has(version)), []);
});

test('after the story every panel and annotation of every dashboard, and every alert of Grafana, has an answer in the real Prometheus and MySQL', async () => {
  const { settings } = openContext(process.env, { create: false });
  const dashboards = readDashboards();
  await asking(settings, STORY_MINUTES, async (ask) => {
    assert.deepEqual(await unanswered(dashboards, ask), []);
    for (const { data } of readGrafanaRules()) for (const { model, refId, datasourceUid: uid } of data) if (model.expression === undefined) await ask({ refId, datasource: { uid }, ...model });
    // The walk notices a panel without data.
    const [dashboard] = dashboards.map((one) => ({ ...one, panels: one.panels.map((panel) => ({ ...panel, targets: [{ refId: 'A', datasource: {}, expr: 'loop_live_f1{model_name="nobody"}' }] })) }));
    assert.ok(dashboard !== undefined && (await unanswered([dashboard], ask)).length === dashboard.panels.length);
  });
});
