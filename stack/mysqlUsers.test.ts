import assert from 'node:assert/strict';
import { test } from 'node:test';
import { credentialsOf, passwordOf } from './mysqlUsers.ts';
import { MAIN } from './processes.ts';

test('who speaks to no database is given no password; the others their own', () => {
  const owner = { mysqlUser: 'loop', mysqlPassword: 'secret' };
  const { MYSQL_USER, MYSQL_PASSWORD } = credentialsOf(MAIN.inference, owner);
  assert.deepEqual([MYSQL_USER, MYSQL_PASSWORD], ['loop_inference', passwordOf(owner, 'inference')]);
  assert.notEqual(passwordOf(owner, 'inference'), passwordOf(owner, 'trainer'));
  assert.notEqual(passwordOf(owner, 'inference'), passwordOf({ ...owner, mysqlPassword: 'other' }, 'inference'));
  for (const main of [MAIN.join, MAIN.monitor]) for (const name of ['MYSQL_PASSWORD', 'S3_ACCESS_KEY', 'S3_SECRET_KEY']) assert.ok(name in credentialsOf(main, owner) && credentialsOf(main, owner)[name] === undefined, `${main}: ${name}`);
  assert.deepEqual(credentialsOf('stack/setup.ts', owner), {});
});
