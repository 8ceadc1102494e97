// ./loop rebuild: MySQL and the snapshot made again from S3 and Kafka. Shows what it would do; does it when told.
import { openRegistry } from '../../producers/connections.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import type { Settings } from '../../schemas/settings.ts';
import { highestOf } from '../../trainer/record/seq.ts';
import type { PlainRow } from '../../schemas/rowFile.ts';
import { openContext, type Context } from '../context.ts';
import { urlOf } from '../processes.ts';
import { answersHttp } from '../services/service.ts';
import { compareMaps } from '../verify/compare.ts';
import { readLogs } from '../verify/logs.ts';
import { cellLines, snapshotLines } from '../verify/pairs.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { cellsOfLog } from './cells.ts';
import { gather, tools } from './gather.ts';
import { championLines, countsOf, foundLines, type Found } from './lines.ts';
import { remember } from './plan.ts';
import { changesOf, rowSteps, runSteps } from './steps.ts';
import { KEYS, openTables, type TableName } from './tables.ts';

export type Rebuilt = {
  readonly found: readonly (Found & { readonly table: TableName })[]; readonly champions: readonly string[]; readonly notes: readonly string[]; readonly differs: number; readonly changed: number;
};

/** Brings the tables to what S3 and Kafka tell. do: false, it only looks. */
export async function rebuildTables(settings: Settings, wish: { readonly do: boolean; readonly overwrite: boolean }): Promise<Rebuilt> {
  const sources = await gather(settings);
  const remembered = remember(sources, tools);
  const notes = [...sources.broken, ...remembered.notes];
  if (sources.unknownJobs.length > 0) notes.push(`${sources.unknownJobs.length} batch outputs have no file of their job (job.json, written since 1.1): their rows cannot be had, first ${sources.unknownJobs[0] ?? ''}`);
  const trained = sources.files.filter(({ row }) => row['weights_s3'] != null && row['cause'] !== 'rollback');
  const without = trained.filter(({ metrics }) => metrics === undefined).length;
  if (without > 0) notes.push(`${without} runs were written before files held model_metrics: those rows cannot be had`);
  const planned: Readonly<Record<TableName, readonly PlainRow[]>> = { auto_training: remembered.rows, model_metrics: [...sources.files, ...sources.jobs].flatMap(({ metrics }) => (metrics === undefined ? [] : [metrics])), jobs: sources.jobs.map(({ row }) => row) };
  const tables = await openTables(settings);
  try {
    const found = [];
    for (const table of ['auto_training', 'model_metrics', 'jobs'] as const) {
      const columns = await tables.columns(table);
      const known = planned[table].map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => columns.has(name))));
      const standing = await tables.rows(table);
      const keys = new Set(known.map((row) => row[KEYS[table]]));
      found.push({ table, steps: table === 'auto_training' ? runSteps(known, standing) : rowSteps(KEYS[table], known, standing), extra: standing.filter((row) => !keys.has(row[KEYS[table]])).length });
    }
    const changes = found.map(({ table, steps }) => ({ table, ...changesOf(steps, wish.overwrite) }));
    if (wish.do) await tables.change(changes);
    return {
      found, champions: championLines(remembered.rows, highestOf(sources.models)), notes,
      differs: found.reduce((sum, { steps }) => sum + (countsOf(steps).differs ?? 0), 0), changed: changes.reduce((sum, { come }) => sum + come.length, 0),
    };
  } finally {
    await tables.close();
  }
}

/** Holds the snapshot against `labelled`, and has it folded again where they differ. Its record of the partition goes: the monitor then folds at its next start. */
async function rebuildTallies(context: Context, doIt: boolean): Promise<{ readonly line: string; readonly good: boolean }> {
  const { settings } = context;
  const logs = await readLogs(settings, ['labelled', 'tallies']);
  const check = compareMaps('tallies', cellLines(cellsOfLog(logs.labelled.map(({ event }) => event))), snapshotLines(logs.tallies.values()));
  if (check.differences.length === 0) return { line: `tallies: ${check.compared} cells, as labelled tells them`, good: true };
  const differ = `tallies: ${check.differences.length} cells differ from labelled, first ${check.differences[0] ?? ''}`;
  if (!doIt) return { line: `${differ}; would be folded again`, good: true };
  if (await answersHttp(`${urlOf(settings, 'monitor')}/live`)) return { line: `${differ}; the monitor runs and holds them in memory: ./loop down, ./loop up --services-only, ./loop rebuild --yes, ./loop up`, good: false };
  const publisher = await createPublisher({ kafka: createKafka(settings, 'rebuild'), registry: openRegistry(settings), settings });
  const gone = Array.from({ length: settings.labelledPartitions }, (_, partition): Outgoing => ({ topic: 'tallies', key: `partition/${partition}`, partition, value: null }));
  await publisher.send(gone).finally(() => publisher.close());
  return { line: `${differ}; the monitor folds labelled again at its next start`, good: true };
}

export async function runRebuild(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { yes: { type: 'boolean' }, overwrite: { type: 'boolean' }, json: { type: 'boolean' } });
  noWords(words);
  const context = openContext(process.env, { create: false });
  const doIt = values.yes ?? false;
  const overwrite = values.overwrite ?? false;
  const { found, champions, notes, differs, changed } = await rebuildTables(context.settings, { do: doIt, overwrite });
  const tallies = await rebuildTallies(context, doIt);
  const refused = differs > 0 && !overwrite;
  if (values.json) console.log(JSON.stringify({ done: doIt, tables: found.map(({ table, steps, extra }) => ({ table, ...countsOf(steps), extra })), champions, tallies: tallies.line, notes, changed, differs }, null, 2));
  else {
    for (const line of [...foundLines(found), ...champions, tallies.line, ...notes.map((note) => `note: ${note}`)]) console.log(line);
    if (refused) console.log(`${differs} rows stand in MySQL and say something else: left as they are. --overwrite puts what S3 and Kafka say in their place`);
    console.log(doIt ? `${changed} rows written` : changed === 0 ? 'nothing to do' : `${changed} rows would be written: ./loop rebuild --yes`);
  }
  return refused || !tallies.good ? 1 : 0;
}
