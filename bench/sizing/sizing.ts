// node bench/sizing/sizing.ts stream.json join.json state.json: partitions, memory and instances for three loads, from what the benchmarks printed on your machine.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { table } from '../../stack/verbs/terminal.ts';
import { needOf } from './plan.ts';
import { measuredIn, type Result } from './results.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { 'labelled-share': { type: 'string', default: '0.1' }, 'horizon-days': { type: 'string', default: '30' } } });
const measured = measuredIn(positionals.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Result));
const [labelledShare, horizonDays] = [Number(values['labelled-share']), Number(values['horizon-days'])];
const count = (value: number): string => Math.round(value).toLocaleString('en-US');
const tenth = (value: number): string => (value < 10 ? value.toFixed(1) : count(value));
const rows = [1000, 10_000, 100_000].map((productsPerSecond) => needOf({ productsPerSecond, labelledShare, horizonDays }, measured)).map((need) => [
  count(need.productsPerSecond), count(need.feedbackPerSecond), String(need.partitions), `${need.inferenceInstances} (${tenth(need.inferenceCores)} cores)`, `${need.joinMembers} (${tenth(need.joinCores)} cores)`, count(need.waiting), `${tenth(need.joinMemoryGb)} GB`, `${tenth(need.joinDiskGb)} GB`,
]);
console.log(`measured: inference ${count(measured.inferencePerCoreSecond)} rows/CPU-s and ${count(measured.inferenceRssMb)} MB, join and monitor ${count(measured.joinPerCoreSecond)} records/CPU-s, the join ${tenth(measured.joinBytesPerPrediction)} bytes of memory and ${tenth(measured.diskBytesPerPrediction)} of disk per waiting prediction`);
console.log(`${(100 * labelledShare).toFixed(0)} % labelled, HORIZON_MS of ${horizonDays} days, cores half busy, at most 8 GB of state per member of the join`);
for (const line of table(['products/s', 'feedback/s', 'partitions', 'inference', 'join', 'waiting', 'join memory', 'join disk'], rows)) console.log(line);
