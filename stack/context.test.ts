import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { mlflowUriOf, openContext, rememberEnvironment, runsMlflow } from './context.ts';

function home(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'loop-context-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('a folder without a stack is refused with the way to make one', (t) => {
  assert.throws(() => openContext({ LOOP_HOME: join(home(t), 'none') }, { create: false }), { code: 'no_stack', message: /run \.\/loop up first/ });
});
test('what up was told is remembered; what is set now wins; what is remembered is told, secrets are not', (t) => {
  const LOOP_HOME = home(t);
  const first = { LOOP_HOME, MIN_F1: '0.8', LOOP_PORT_BASE: '30000', MYSQL_PASSWORD: 'mine' };
  assert.deepEqual(rememberEnvironment(openContext(first, { create: true }), first).before, []);
  const later = openContext({ LOOP_HOME }, { create: false });
  assert.deepEqual([later.settings.minF1, later.settings.portBase, later.settings.mysqlPassword, later.ports.kafka], [0.8, 30_000, 'mine', 30_000]);
  const second = { LOOP_HOME, MIN_F1: '0.7' };
  const { before, undo } = rememberEnvironment(openContext(second, { create: true }), second);
  assert.deepEqual(before, ['LOOP_PORT_BASE=30000']);
  assert.equal(openContext({ LOOP_HOME }, { create: false }).settings.minF1, 0.7);
  undo();
  assert.equal(openContext({ LOOP_HOME }, { create: false }).settings.minF1, 0.8);
});
test('generated secrets are not copied; the file is its owner’s', (t) => {
  const LOOP_HOME = home(t);
  const context = openContext({ LOOP_HOME }, { create: true });
  rememberEnvironment(context, { LOOP_HOME });
  const file = join(LOOP_HOME, 'environment.json');
  assert.equal(readFileSync(file, 'utf8'), '{}');
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
test('ports follow the addresses in force', (t) => {
  const { ports } = openContext({ LOOP_HOME: home(t), LOOP_PORT_BASE: '20000', KAFKA_BOOTSTRAP: '127.0.0.1:5', REGISTRY_URL: 'http://127.0.0.1:6/apis/ccompat/v7', S3_ENDPOINT: 'http://127.0.0.1:7' }, { create: true });
  assert.deepEqual(ports, { kafka: 5, kafkaController: 20_001, registry: 6, s3: 7, prometheus: 20_005, alertmanager: 20_006, mlflow: 20_007 });
});
test('the stack runs an MLflow when the setting names its own, and none for another or for none', (t) => {
  const runs = (env: Record<string, string>): boolean => runsMlflow(openContext({ LOOP_HOME: home(t), LOOP_PORT_BASE: '20000', ...env }, { create: true }).settings);
  assert.equal(mlflowUriOf({ portBase: 20_000 }), 'http://127.0.0.1:20007');
  assert.deepEqual([runs({}), runs({ MLFLOW_TRACKING_URI: 'http://127.0.0.1:20007' }), runs({ MLFLOW_TRACKING_URI: 'http://mlflow.example:5000' })], [false, true, false]);
});
