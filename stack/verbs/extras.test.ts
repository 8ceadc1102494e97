import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../say.ts';
import { withExtras } from './extras.ts';

test('--with mlflow sets the address of the stack’s own; without it nothing changes', () => {
  assert.deepEqual(withExtras({ A: '1' }), { A: '1' });
  assert.equal(withExtras({}, ['mlflow'])['MLFLOW_TRACKING_URI'], 'http://127.0.0.1:17007');
  assert.equal(withExtras({ LOOP_PORT_BASE: '20000', MLFLOW_TRACKING_URI: '' }, ['mlflow'])['MLFLOW_TRACKING_URI'], 'http://127.0.0.1:20007');
});
test('an unknown extra and a foreign MLflow are refused by name', () => {
  assert.throws(() => withExtras({}, ['wandb']), UsageError);
  assert.throws(() => withExtras({ MLFLOW_TRACKING_URI: 'http://mlflow.example:5000' }, ['mlflow']), /names http:\/\/mlflow\.example:5000/);
});
