// The monitor through the real topics: settings changed between restarts, labels that wait across a kill -9, a snapshot that is lost. The log of `labelled`
// folded again, with the recorded eras of settings, must order the same retrainings, byte for byte.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { cellsOf } from '../../schemas/confusion.ts';
import type { Labelled, RetrainRequested, Tally } from '../../schemas/events.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { openBench, startProcess, until, type Bench } from '../../stack/testing.ts';
import { positionsGroupOf } from '../shard.ts';
import { createKafka } from '../../producers/kafka.ts';
import { readToEnd } from '../readToEnd.ts';
import { erasOf } from './eras.ts';
import { createFold, type Fold } from './fold.ts';
import { isReadable } from './snapshot.ts';

const SETTINGS = { MIN_LABELS: '20', FALSE_ALARM_EVERY: '50', WINDOW_LABELS: '60', COOLDOWN_MS: '0', MAX_RETRAINS_PER_DAY: '1000' };
type Logs = { readonly labelled: { event: Labelled; offset: number }[]; readonly drift: RetrainRequested[]; readonly tallies: Map<string, Tally> };

async function readLogs({ settings, registry }: Bench): Promise<Logs> {
  const logs: Logs = { labelled: [], drift: [], tallies: new Map() };
  await readToEnd({
    settings, clientId: 'test-monitor', topics: ['labelled', 'retrain-requests', 'tallies'],
    onRecord: async ({ topic, key, offset, value }) => {
      if (topic === 'tallies') {
        if (value === null) logs.tallies.delete(key?.toString() ?? '');
        else logs.tallies.set(key?.toString() ?? '', await registry.decode(topic, value));
      } else if (value !== null && topic === 'labelled') logs.labelled.push({ event: await registry.decode(topic, value), offset: Number(offset) });
      else if (value !== null && topic === 'retrain-requests') {
        const request = await registry.decode(topic, value);
        if (request.cause === 'drift') logs.drift.push(request);
      }
    },
  });
  return logs;
}
/** Resolves when the monitor has committed past the last record that stands on `labelled` (what ends in markers alone may stay uncommitted). */
async function caughtUp({ settings }: Bench): Promise<void> {
  const last = new Map<number, bigint>();
  await readToEnd({ settings, clientId: 'test-monitor-last', topics: ['labelled'], onRecord: ({ partition, offset }) => void last.set(partition, BigInt(offset)) });
  const admin = createKafka(settings, 'test-monitor-admin').admin();
  await admin.connect();
  try {
    await until('the monitor has caught up', async () => {
      const committed = (await admin.fetchOffsets({ groupId: positionsGroupOf('monitor'), topics: ['labelled'] }))[0]?.partitions ?? [];
      return [...last].every(([partition, offset]) => BigInt(committed.find((one) => one.partition === partition)?.offset ?? -1) > offset) ? true : undefined;
    });
  } finally {
    await admin.disconnect();
  }
}
const cellsIn = (tallies: ReadonlyMap<string, Tally>, kind: string, version: string): string[] => [...tallies.values()].filter((tally) => tally.kind === kind && tally.model_version === version).flatMap((tally) => tally.cells.map((cell) => `${cell.label}>${cell.predicted} ${cell.count}`)).sort();
function refold({ labelled, tallies }: Logs): { fold: Fold; requests: RetrainRequested[] } {
  const fold = createFold(0, erasOf(tallies.values(), 0));
  return { fold, requests: labelled.flatMap(({ event, offset }) => fold.apply(event, offset)) };
}

test('settings change between restarts, labels wait across kill -9, the snapshot is lost: the log folded again orders the same', async (t) => {
  const bench = await openBench(t);
  const version = `e-${randomUUID()}`;
  let n = 0;
  /** `count` labels, right with this share; the first labels of predictions made `agoMs` ago. */
  const label = async (count: number, rightEvery: number, agoMs = 0): Promise<void> => {
    await bench.publisher.send(Array.from({ length: count }, () => {
      n += 1;
      const now = Date.now();
      const event: Labelled = { prediction_id: `${version}-${n}`, model_name: 'grocery', model_version: version, revision: 0, predicted: 'Beverages', label: n % rightEvery === 0 ? 'Fresh & Perishable Items' : 'Beverages', previous_label: null, previous_labelled_at: null, labelled_at: now, predicted_at: now - agoMs, audit: n % 2 === 0, source: 'test' };
      return { topic: 'labelled', key: 'grocery', value: event } as const;
    }));
  };
  const start = (extra: Record<string, string>): ReturnType<typeof startProcess> => startProcess(t, bench, 'consumers/monitor/main.ts', { ...SETTINGS, ...extra });

  const first = start({ MIN_F1: '0.4' });
  await label(200, 3);
  await caughtUp(bench);
  await first.kill9();
  assert.deepEqual((await readLogs(bench)).drift.filter((request) => request.model_version === version), []);

  // The same labels are bad under a stricter threshold; and now a label speaks only when it is a minute old.
  const second = start({ MIN_F1: '0.95', SETTLE_MS: '60000', MODEL_SETTINGS: '{"another": {"MIN_F1": 0.1}}' });
  await label(100, 3);
  await caughtUp(bench);
  assert.deepEqual((await readLogs(bench)).drift.filter((request) => request.model_version === version), []);
  await second.kill9();
  const third = start({ MIN_F1: '0.95', SETTLE_MS: '60000', MODEL_SETTINGS: '{"another": {"MIN_F1": 0.1}}' });
  // Older than the settling time: heard at once.
  await label(120, 3, 90_000);
  await caughtUp(bench);
  await third.kill9();
  const before = await readLogs(bench);
  assert.ok(before.drift.some((request) => request.model_version === version));
  const eras = erasOf(before.tallies.values(), 0);
  assert.ok(eras.some((era) => era.book.defaults.minF1 === 0.4) && eras.at(-1)?.book.defaults.minF1 === 0.95);
  const replayed = refold(before);
  assert.deepEqual(replayed.requests.map((request) => JSON.stringify(request)), before.drift.map((request) => JSON.stringify({ ...request })));
  const mine = replayed.fold.versions().find((one) => one.modelVersion === version);
  assert.ok((mine?.fed ?? 0) > 0 && replayed.fold.recallFrom() !== undefined);

  // Without its snapshot the monitor folds the log again in silence: the same cells, no order twice.
  const lost = [...before.tallies].filter(([, tally]) => tally.kind === 'partition').map(([key]) => ({ topic: 'tallies', key, partition: 0, value: null }) as const);
  await bench.publisher.send(lost);
  start({ MIN_F1: '0.95', SETTLE_MS: '60000', MODEL_SETTINGS: '{"another": {"MIN_F1": 0.1}}' });
  await until('a new snapshot', async () => (isReadable((await readLogs(bench)).tallies, 0) ? true : undefined));
  await label(1, 3);
  await caughtUp(bench);
  const after = await readLogs(bench);
  const again = refold(after);
  assert.deepEqual(again.requests.map((request) => JSON.stringify(request)), after.drift.map((request) => JSON.stringify({ ...request })));
  const folded = again.fold.versions().find((one) => one.modelVersion === version);
  for (const [kind, basis] of [['cells', 'all'], ['audit', 'audit']] as const) {
    const counts = new Map<string, number>();
    for (const line of cellsIn(after.tallies, kind, version)) {
      const [cell = '', count = ''] = [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)];
      counts.set(cell, (counts.get(cell) ?? 0) + Number(count));
    }
    assert.deepEqual([...counts].sort(), cellsOf(folded?.counted[basis].tallies.cumulative() ?? new Map()).map(([one, predicted, count]) => [`${one}>${predicted}`, count]).sort());
  }

  // The back-test of the recorded settings finds the same alarms of its model, through the verb.
  const told = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', 'stack/cli.ts', 'backtest', '--json', '--min-f1', '0.5', '--trigger', 'window'], { cwd: PROJECT_DIR, encoding: 'utf8', env: { ...process.env, ...bench.env } });
  assert.equal(told.status, 0, told.stderr);
  const { settings } = JSON.parse(told.stdout) as { settings: { name: string; alarms: { retrainId: string }[] }[] };
  assert.deepEqual(settings.map((one) => one.name), ['as recorded', 'min_f1 0.5 window']);
  assert.deepEqual(settings[0]?.alarms.map((alarm) => alarm.retrainId), after.drift.filter((request) => request.model_name === bench.settings.modelName).map((request) => request.retrain_id));
});
