import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import { LoopError } from '../../schemas/failure.ts';
import { openNeighbours } from './neighbours.ts';

/** The URL of one who answers so. */
async function answering(t: TestContext, status: number, body: string): Promise<string> {
  const server = createServer((_asked, answer) => answer.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
const NOBODY = 'http://127.0.0.1:1';
const away = (code: string, words: RegExp) => (error: unknown) => error instanceof LoopError && error.kind === 'transient' && error.code === code && words.test(error.message);

test('who answers is read, who cannot tell or is not there is away', async (t) => {
  const [good, bad] = [await answering(t, 200, '{"jobs":[]}'), await answering(t, 503, 'no database')];
  assert.deepEqual(await openNeighbours({ monitorUrl: good, trainerUrl: good, joinUrl: good }).trainer('/jobs'), { jobs: [] });
  const theirs = openNeighbours({ monitorUrl: NOBODY, trainerUrl: bad, joinUrl: `${good},${NOBODY}` });
  await assert.rejects(theirs.monitor('/live'), away('monitor_away', /does not answer/));
  await assert.rejects(theirs.trainer('/jobs'), away('trainer_away', /503 no database/));
  await assert.rejects(theirs.joins('/live'), away('join_away', /does not answer/));
});
test('every join is asked, and counts add up', async (t) => {
  const joinUrl = `${await answering(t, 200, '{"waiting":2,"versions":[]}')},${await answering(t, 200, '{"waiting":3,"versions":[]}')}`;
  assert.deepEqual(await openNeighbours({ monitorUrl: NOBODY, trainerUrl: NOBODY, joinUrl }).joins('/live'), { waiting: 5, versions: [] });
});
