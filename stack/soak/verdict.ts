// What a soak has shown: one line per process and figure, each with its verdict. Pure.
import { floorRise, slopeOf, warmSeries, type Sample, type Slope } from './slope.ts';

/** Of one process over the whole run. rssMb, handles: of every sample; timers likewise. */
export type Watched = { readonly name: string; readonly judged: boolean; readonly rssMb: readonly Sample[]; readonly handles: readonly Sample[]; readonly timers: readonly Sample[]; /** MB by kind, as the process tells it; servers tell nothing */ readonly memory?: ReadonlyMap<string, readonly Sample[]> };
export type Bars = { readonly warmUpMs: number; /** the memory of a process that was seen for less is told and not judged */ readonly judgeAfterMs: number };
export type Verdict = 'ok' | 'BAD' | 'not judged';
export type ProcessLine = {
  readonly name: string; readonly lives: number; readonly slope: Slope | undefined; readonly memory: Verdict;
  readonly handles: readonly [first: number, last: number] | undefined; readonly handlesRise: number | undefined; readonly timersRise: number | undefined; readonly open: Verdict;
  /** Of its last life without the warm-up, MB by kind. */
  readonly kinds: ReadonlyMap<string, readonly [first: number, last: number]>;
};
export type Ending = { readonly lags: Readonly<Record<string, number>>; readonly waiting: number; readonly refused: number; readonly differences: number | undefined; readonly unhealed: readonly string[] };

/** The bar. */
export const MAX_MB_PER_MINUTE = 1;
/** A pool may open a connection that it has not needed before. */
export const MAX_HANDLES_RISE = 4;

export function processLine({ name, judged, rssMb, handles, timers, memory = new Map() }: Watched, { warmUpMs, judgeAfterMs }: Bars): ProcessLine {
  const slope = slopeOf(rssMb, warmUpMs);
  const [handlesRise, timersRise] = [floorRise(handles, warmUpMs, judgeAfterMs), floorRise(timers, warmUpMs, judgeAfterMs)];
  const enough = judged && slope !== undefined && slope.minutes * 60_000 >= judgeAfterMs;
  const [first, last] = [handles[0]?.value, handles.at(-1)?.value];
  const open = !judged || handlesRise === undefined ? 'not judged' : Math.max(handlesRise, timersRise ?? 0) > MAX_HANDLES_RISE ? 'BAD' : 'ok';
  return {
    name, lives: new Set(rssMb.map(({ pid }) => pid)).size, slope, memory: !enough ? 'not judged' : slope.perMinute < MAX_MB_PER_MINUTE ? 'ok' : 'BAD',
    handles: first === undefined || last === undefined ? undefined : [first, last], handlesRise, timersRise, open,
    kinds: new Map([...memory].flatMap(([kind, samples]): [string, readonly [number, number]][] => {
      const life = warmSeries(samples, warmUpMs).at(-1);
      return life === undefined ? [] : [[kind, [life[0]?.value ?? 0, life.at(-1)?.value ?? 0]]];
    })),
  };
}

const figure = (value: number | undefined, digits = 0): string => (value === undefined ? '-' : value.toFixed(digits));
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(2)}`;
/** Rows for a table, its head first. */
export const processRows = (lines: readonly ProcessLine[]): [head: string[], rows: string[][]] => [
  ['process', 'starts', 'RSS warm', 'RSS end', 'slope MB/min', '95 %', 'of min', 'memory', 'handles', 'rise', 'timers rise', 'handles'],
  lines.map(({ name, lives, slope, memory, handles, handlesRise, timersRise, open }) => [
    name, String(lives), figure(slope?.first), figure(slope?.last), slope === undefined ? '-' : signed(slope.perMinute), slope === undefined ? '-' : `± ${slope.plusMinus.toFixed(2)}`, figure(slope?.minutes, 1), memory,
    handles === undefined ? '-' : `${handles[0]} → ${handles[1]}`, figure(handlesRise), figure(timersRise), open,
  ]),
];

/** Where the memory of each process went, its head first. */
export function memoryRows(lines: readonly ProcessLine[]): [head: string[], rows: string[][]] {
  const kinds = [...new Set(lines.flatMap((line) => [...line.kinds.keys()]))];
  return [['MB, warm → end', ...kinds.map((kind) => kind.replace('_', ' '))], lines.filter((line) => line.kinds.size > 0).map((line) => [line.name, ...kinds.map((kind) => line.kinds.get(kind)?.map((value) => figure(value)).join(' → ') ?? '-')])];
}

/** What makes the run a failure, in words; empty: it passed. */
export function failuresOf(lines: readonly ProcessLine[], { lags, waiting, refused, differences, unhealed }: Ending): string[] {
  const lagging = Object.entries(lags).filter(([, lag]) => lag > 0);
  return [
    ...lines.flatMap(({ name, slope, memory }) => (memory === 'BAD' ? [`${name} grows by ${slope?.perMinute.toFixed(2)} MB a minute, the bar is ${MAX_MB_PER_MINUTE}`] : [])),
    ...lines.flatMap(({ name, handlesRise, timersRise, open }) => (open === 'BAD' ? [`${name} holds more and more: ${figure(handlesRise)} file handles and ${figure(timersRise)} timers more than after warming up`] : [])),
    ...lagging.map(([name, lag]) => `${name} has ${lag} records left and reads no further`),
    ...(waiting > 0 ? [`${waiting} calls were never acknowledged`] : []),
    ...(refused > 0 ? [`${refused} items were refused`] : []),
    ...unhealed,
    ...(differences === undefined ? ['verify could not be run'] : differences > 0 ? [`verify: ${differences} differences`] : []),
  ];
}
