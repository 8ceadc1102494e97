// Judges a run of faults from the log: the batch oracle over the inputs against what the members made of them, and a fault-free fold against the retrainings they ordered.
import { setTimeout as pause } from 'node:timers/promises';
import { erasOf } from '../../consumers/monitor/eras.ts';
import type { RetrainRequested } from '../../schemas/events.ts';
import { until, type Bench } from '../testing.ts';
import { compareMaps, type Check } from '../verify/compare.ts';
import { readLogs } from '../verify/logs.ts';
import { oracle } from '../verify/oracle.ts';
import { cellLines, liveLines, pairChecks, refold, snapshotLines, type LiveCells } from '../verify/pairs.ts';
import type { Member } from './members.ts';
import type { Lane } from './schedule.ts';

export type Findings = { readonly pairs: number; readonly missing: number; readonly doubled: number; readonly wrongCells: number; readonly cells: number; readonly requests: number; readonly differences: readonly string[] };
const QUIET_DEADLINE_MS = 180_000;
const TRIES = 4;

/** All partitions of the lane are owned by members that have nothing left to read. */
const isQuiet = async (members: readonly Member[], partitions: number): Promise<boolean> => {
  const owned = await Promise.all(members.map((member) => member.owned()));
  const lags = await Promise.all(members.map((member) => member.lag()));
  return new Set(owned.flat()).size === partitions && lags.every((lag) => lag === 0);
};
const liveOf = async (members: readonly Member[]): Promise<LiveCells[]> => {
  const answers = await Promise.all(members.map((member) => fetch(`${member.url}/live`).then((answer) => answer.json() as Promise<{ models: LiveCells[] }>, () => ({ models: [] }))));
  return answers.flatMap((answer) => answer.models);
};

/** Waits until the members are at rest, then compares, again while something still differs and moves. model: the events of this run carry it. */
export async function judge(bench: Bench, model: string, written: number, members: Readonly<Record<Lane, readonly Member[]>>): Promise<Findings> {
  const { settings } = bench;
  await until('rest after the last event', async () => ((await isQuiet(members.join, settings.partitions)) && (await isQuiet(members.monitor, settings.labelledPartitions)) ? true : undefined), QUIET_DEADLINE_MS);
  for (let tries = 1; ; tries += 1) {
    const findings = await compare(bench, model, written, members.monitor);
    if (findings.differences.length === 0 || tries === TRIES) return findings;
    await pause(1500);
  }
}

async function compare({ settings }: Bench, model: string, written: number, monitors: readonly Member[]): Promise<Findings> {
  const logs = await readLogs(settings);
  const isOurs = (id: string): boolean => id.startsWith(`${model}-`);
  const expected = oracle(logs.predictions.filter(({ id }) => isOurs(id)), logs.feedback.filter(({ id }) => isOurs(id)), { horizonMs: settings.horizonMs, earlyHorizonMs: settings.earlyHorizonMs, ranks: settings.sourceRanks });
  const labelled = logs.labelled.filter(({ event }) => event.model_name === model);
  const pairs = pairChecks(expected, { labelled, examples: new Map([...logs.examples].filter(([id]) => isOurs(id))) });
  const ofModel = <T extends { readonly model_name: string }>(list: Iterable<T>): T[] => [...list].filter((one) => one.model_name === model);
  const cells = [
    compareMaps('tallies: cells of the snapshot', cellLines(expected.cells), snapshotLines(ofModel(logs.tallies.values()))),
    compareMaps('live: cells of the monitor', cellLines(expected.cells), liveLines(ofModel(await liveOf(monitors)))),
  ];
  const brief = (request: RetrainRequested): [string, string] => [request.retrain_id, JSON.stringify(request)];
  const ordered = ofModel(logs.requests);
  const again = ofModel(refold(logs.labelled, (partition) => erasOf(logs.tallies.values(), partition)));
  const requests = [compareMaps('retrain requests: a fault-free fold repeats them', new Map(again.map(brief)), new Map(ordered.map(brief))), onceOnly(ordered)];
  const keys = new Set(labelled.map(({ event }) => `${event.prediction_id} r${event.revision}`));
  return {
    pairs: expected.revisions.length, missing: expected.revisions.filter(({ id, revision }) => !keys.has(`${id} r${revision}`)).length, doubled: labelled.length - keys.size,
    wrongCells: cells.reduce((sum, check) => sum + check.differences.length, 0), cells: cells.reduce((sum, check) => sum + check.compared, 0), requests: ordered.length,
    differences: [...pairs, ...cells, ...requests, allWritten(logs.predictions.filter(({ id }) => isOurs(id)).length + logs.feedback.filter(({ id }) => isOurs(id)).length, written)].flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`)),
  };
}
const onceOnly = (requests: readonly RetrainRequested[]): Check => ({ name: 'retrain requests: none twice', compared: requests.length, differences: requests.length === new Set(requests.map((one) => one.retrain_id)).size ? [] : ['a retrain id was ordered twice'] });
/** A publisher may write a record twice when it tries again, never less than once; misplaced records are replaced one for one. */
const allWritten = (there: number, written: number): Check => ({ name: 'inputs', compared: written, differences: there >= written ? [] : [`${written} were acknowledged, ${there} stand in the log`] });
