// promtool accepts the rules, their unit tests pass, and Prometheus shows the F1 the monitor computes, and computes the same from the cells.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { aFeedback, aPrediction, openBench, startProcess, until } from '../stack/testing.ts';
import { fetchPrometheus, runProgram } from '../stack/fetch.ts';
import { openContext } from '../stack/context.ts';
import { RULE_TEST_FILES, RULES_FILE } from './rules.testing.ts';
import { scoresOf } from '../schemas/f1.ts';
import { addCell, emptyConfusion } from '../schemas/confusion.ts';

test('promtool accepts the rules, and their tests pass', async () => {
  const { paths } = openContext(process.env, { create: false });
  const promtool = join(await fetchPrometheus(paths.cache, () => undefined), 'promtool');
  assert.match(await runProgram(promtool, ['check', 'rules', RULES_FILE]), /SUCCESS/);
  for (const file of RULE_TEST_FILES) assert.match(await runProgram(promtool, ['test', 'rules', file]), /SUCCESS/);
});

test('the F1 in Prometheus is the F1 of the pairs on the topics, to 1e-12; absent, not 0, without labels', async (t) => {
  const bench = await openBench(t);
  startProcess(t, bench, 'consumers/join/main.ts');
  startProcess(t, bench, 'consumers/monitor/main.ts');
  const version = `p-${randomUUID()}`;
  const OTHER = 'Fresh & Perishable Items';
  const pairs = Array.from({ length: 60 }, (_, i) => ({ id: `${version}-${i}`, predicted: i % 3 === 0 ? OTHER : 'Beverages', label: i % 4 === 0 ? OTHER : 'Beverages' }));
  await bench.publisher.send(pairs.map(({ id, predicted }) => ({ topic: 'predictions', key: id, value: aPrediction(id, version, predicted) })));
  await bench.publisher.send(pairs.map(({ id, label }) => ({ topic: 'feedback', key: id, value: aFeedback(id, id, label) })));
  const want = scoresOf(pairs.reduce((cells, { label, predicted }) => addCell(cells, label, predicted, 1), emptyConfusion)).weighted ?? Number.NaN;
  const ask = async (query: string): Promise<string | undefined> => {
    const answer = await fetch(`${bench.settings.prometheusUrl}/api/v1/query?query=${encodeURIComponent(query)}`);
    const body = (await answer.json()) as { data: { result: { value: [number, string] }[] } };
    return body.data.result[0]?.value[1];
  };
  await until('all labels in Prometheus', async () => ((await ask(`loop_live_labels{model_version="${version}"}`)) === String(pairs.length) ? true : undefined));
  const isWanted = (have: string | undefined): boolean => Math.abs(Number(have) - want) < 1e-12;
  const have = await ask(`loop_live_f1{average="weighted",model_version="${version}"}`);
  assert.ok(isWanted(have), `${have ?? 'nothing'} is not ${want}`);
  // A recording follows at the next evaluation.
  for (const window of ['live', 'all']) await until(`loop:f1 of the window '${window}' to be ${want}`, async () => (isWanted(await ask(`loop:f1{window="${window}",model_version="${version}"}`)) ? true : undefined));
  assert.equal(await ask('loop_live_f1{model_version="never-labelled"}'), undefined);
});
