// ./loop backtest: what other settings would have ordered, on the stored `labelled` log or on a CSV of labels.
import { readFileSync, writeFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { erasOf } from '../../consumers/monitor/eras.ts';
import { always, bookOf, rulesFor, type Era, type MonitorRules, type Trigger } from '../../consumers/monitor/rules.ts';
import { endKey, readToEnd } from '../../consumers/readToEnd.ts';
import { openRegistry } from '../../producers/connections.ts';
import type { Labelled, Tally } from '../../schemas/events.ts';
import { fatal, kindOf, messageOf, poison } from '../../schemas/failure.ts';
import { readSettings, type Settings } from '../../schemas/settings.ts';
import { openContext } from '../context.ts';
import { bold, dim, green, red, UsageError } from '../say.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { plotLines, svgOf } from './picture.ts';
import { replay, withinRange, type Alarm, type Logged, type Outcome, type Setting } from './replay.ts';

type Log = { readonly labels: readonly Logged[]; readonly eras: readonly Era[]; /** records of `labelled` that are no labels; the monitor set them aside */ readonly unreadable: number };
async function readLog(settings: Settings, modelName: string): Promise<Log> {
  const registry = openRegistry(settings);
  const found: { event: Labelled; offset: number; partition: number }[] = [];
  const tallies = new Map<string, Tally>();
  let unreadable = 0;
  await readToEnd({
    settings, clientId: 'backtest', topics: ['labelled', 'tallies'],
    onRecord: async ({ topic, partition, offset, key, value }) => {
      if (value === null) return;
      if (topic === 'tallies') {
        if (key !== null && /^(settings|restart)\//.test(key.toString())) tallies.set(endKey(topic, partition) + key.toString(), await registry.decode(topic, value));
        return;
      }
      if (topic !== 'labelled') return;
      const event = await registry.decode(topic, value).catch((error: unknown) => {
        if (kindOf(error) !== 'poison') throw error;
        unreadable += 1;
        return undefined;
      });
      if (event?.model_name === modelName) found.push({ event, offset: Number(offset), partition });
    },
  });
  // All labels of a model are on one partition: its name is the key.
  const partition = found[0]?.partition ?? 0;
  const mine = found.filter((one) => one.partition === partition);
  return { labels: mine, eras: erasOf(tallies.values(), partition), unreadable };
}

/** Rows of a CSV as labels; without labelled_at one second lies between two. Throws poison `bad_csv` naming row and column. */
export function labelsOfCsv(bytes: Uint8Array, modelName: string): Labelled[] {
  let records: Record<string, string>[];
  try {
    records = parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), { columns: true, bom: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    throw poison('bad_csv', `the file is not CSV in UTF-8: ${messageOf(cause)}`, { cause });
  }
  return records.map((row, i) => {
    const text = (column: string): string => row[column] ?? '';
    for (const column of ['label', 'predicted']) if (text(column) === '') throw poison('bad_csv', `row ${i + 2}: column ${column} is missing or empty; the file needs label,predicted`);
    const given = text('labelled_at');
    const labelledAt = given === '' ? i * 1000 : timeOf(given);
    if (labelledAt === undefined) throw poison('bad_csv', `row ${i + 2}: labelled_at '${given}' is no time; write 2026-11-25T10:00:00Z or milliseconds`);
    return {
      prediction_id: text('prediction_id') || `row-${i + 2}`, model_name: modelName, model_version: text('model_version') || 'v1', revision: 0, predicted: text('predicted'), label: text('label'), previous_label: null,
      labelled_at: labelledAt, previous_labelled_at: null, predicted_at: labelledAt, audit: /^(true|1)$/i.test(text('audit')), source: 'csv',
    };
  });
}
const timeOf = (text: string): number | undefined => {
  const value = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isNaN(value) ? undefined : value;
};

function settingsToTry(rules: MonitorRules, log: Log, minF1s: readonly number[], triggers: readonly Trigger[]): Setting[] {
  const recorded: Setting[] = log.eras.length === 0 ? [] : [{ name: 'as recorded', eras: log.eras }];
  return [...recorded, ...minF1s.flatMap((minF1) => triggers.map((trigger) => ({ name: `min_f1 ${minF1} ${trigger}`, eras: always({ defaults: { ...rules, minF1, trigger }, models: {} }) })))];
}

const time = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').slice(0, 19);
const f1 = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(4));
const medianOf = (values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? '-' : String(sorted[Math.floor((sorted.length - 1) / 2)]);
};
const isFalse = ({ verdict }: Alarm): boolean => verdict.status === 'false';
function inWords({ verdict }: Alarm): string {
  switch (verdict.status) {
    case 'right': return green(`after ${verdict.labelsBelow} labels below`);
    case 'again': return 'again, in the same fall';
    case 'false': return red('false alarm');
  }
}
function tableOf(outcomes: readonly Outcome[]): string[] {
  const rows = outcomes.map((one) => [one.name, String(one.alarms.length), String(one.alarms.filter(isFalse).length), String(one.below), String(one.missed), medianOf(one.alarms.flatMap(({ verdict }) => (verdict.status === 'right' ? [verdict.labelsBelow] : [])))]);
  const head = ['setting', 'alarms', 'false', 'falls', 'missed', 'labels below before the alarm (median)'];
  const widths = head.map((word, i) => Math.max(word.length, ...rows.map((row) => (row[i] ?? '').length)));
  const line = (row: readonly string[]): string => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  return [bold(line(head)), ...rows.map(line)];
}
const alarmLines = (outcomes: readonly Outcome[]): string[] => outcomes.flatMap((one) => one.alarms.map((alarm) => `  ${one.name.padEnd(24)} ${time(alarm.at)}  ${alarm.modelVersion.padEnd(8)} live F1 ${f1(alarm.liveF1)}  hindsight ${f1(alarm.hindsightF1)}  ${inWords(alarm)}`));

export async function runBacktest(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { 'min-f1': { type: 'string' }, trigger: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' }, model: { type: 'string' }, csv: { type: 'string' }, svg: { type: 'string' }, json: { type: 'boolean' } });
  noWords(words);
  const settings = values.csv === undefined ? openContext(process.env, { create: false }).settings : readSettings(process.env);
  const modelName = values.model ?? settings.modelName;
  const rules = rulesFor(bookOf(settings), modelName);
  const minF1s = (values['min-f1']?.split(',') ?? [String(rules.minF1)]).map((raw) => {
    const value = Number(raw);
    if (!(value > 0 && value < 1)) throw new UsageError(`--min-f1 must be numbers between 0 and 1, separated by commas; '${raw}' is not`);
    return value;
  });
  const triggers = (values.trigger?.split(',') ?? ['evidence', 'window']).map((raw): Trigger => {
    if (raw !== 'evidence' && raw !== 'window') throw new UsageError(`--trigger must be evidence, window or both, is '${raw}'`);
    return raw;
  });
  const [fromMs, toMs] = (['from', 'to'] as const).map((flag) => {
    const raw = values[flag];
    const value = raw === undefined ? (flag === 'from' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY) : timeOf(raw);
    if (value === undefined) throw new UsageError(`--${flag} must be a time like 2026-11-25T10:00:00Z or milliseconds, is '${raw ?? ''}'`);
    return value;
  });
  const file = values.csv;
  const whole: Log = file === undefined ? await readLog(settings, modelName) : { labels: labelsOfCsv(readFile(file), modelName).map((event, offset) => ({ event, offset })), eras: [], unreadable: 0 };
  const labels = withinRange(whole.labels, fromMs ?? 0, toMs ?? 0);
  const [first, last] = [labels[0]?.event.labelled_at, labels.at(-1)?.event.labelled_at];
  if (first === undefined || last === undefined) throw fatal('no_labels', `there are no labels of model '${modelName}'${whole.labels.length > 0 ? ' in that time' : ''}: nothing to fold`);
  if (whole.unreadable > 0 && !values.json) process.stderr.write(dim(`left out: ${whole.unreadable} ${whole.unreadable === 1 ? 'record' : 'records'} of labelled that cannot be read, as the monitor left them out (dead letters)\n`));
  const runs = settingsToTry(rules, whole, minF1s, triggers).map((setting) => {
    if (!values.json) process.stderr.write(dim(`folding ${labels.length} labels under ${setting.name} ...\n`));
    return replay(labels, setting);
  });
  const outcomes = runs.map((run) => run.outcome);
  const points = runs.at(-1)?.points ?? [];
  if (values.svg !== undefined) writeFileSync(values.svg, svgOf(points, outcomes));
  if (values.json) {
    console.log(JSON.stringify({ model_name: modelName, labels: labels.length, unreadable: whole.unreadable, from: first, to: last, settings: outcomes }));
    return 0;
  }
  console.log(`back-test of model ${modelName}: ${labels.length.toLocaleString('en-US')} revisions of labels, ${time(first)} to ${time(last)}\n`);
  for (const line of [...tableOf(outcomes), '', ...alarmLines(outcomes), '', ...plotLines(points, outcomes), '']) console.log(line);
  console.log(dim(`A fall: the F1 of the ${rules.windowLabels} labels around (looking ahead too, corrections made) was below min_f1 for at least ${rules.minLabels} labels. False: an alarm outside of a fall.`));
  if (values.svg !== undefined) console.log(`the plot is in ${values.svg}`);
  return 0;
}
function readFile(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`--csv ${file} cannot be read: ${messageOf(error)}`);
  }
}
