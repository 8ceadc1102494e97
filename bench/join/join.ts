// ./loop bench join: our join and monitor against Kafka Streams, Quix Streams and Faust on one broker, over the same bytes, at the same job; a bare kafkajs loop as the ceiling.
import { messageOf } from '../../schemas/failure.ts';
import { quantileOf, spreadOf, type Bar, type Bench, type BenchOptions, type BenchResult, type Figure } from '../bench.ts';
import { catchUp, type CatchUp } from './catchUp.ts';
import { contendersOf, INPUTS, ours, recreate, type Contender } from './contenders.ts';
import { createFeeder, createFramer } from '../feed.ts';
import { createJoinFeed, type JoinFeed } from './feed.ts';
import { feedInputs } from './inputs.ts';
import { FEEDBACK_PER_SECOND, measureLive, WARM_UP_S } from './live.ts';
import { peersNamed } from './peers.ts';
import { requireProcfs } from './procfs.ts';
import { withStack, type BenchStack } from '../stack.ts';

const PREDICTIONS = 300_000;
const DEFAULT_RUNS = 5;
/** Predictions of the run in which every result is compared with the oracle, the slow ones' too. */
const CHECKED = 4000;
const LIVE_SECONDS = 25;
const WANTED_TIMES: Readonly<Record<string, number>> = { 'kafka-streams': 4, quix: 8, faust: 8 };
const WANTED_P99_MS = 250;
const MB = 1e6;
/** Those whose delay and waiting memory are measured: the others would need minutes for one look. */
const LIVE = new Set(['ours', 'kafka-streams']);

const count = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Gives the inputs to everyone once, small, and says who is not exact. */
async function checkRightness(stack: BenchStack, feed: JoinFeed, all: readonly Contender[], say: BenchOptions['say']): Promise<string[]> {
  const records = await fillInputs(stack, feed, CHECKED, say);
  const notes: string[] = [];
  for (const contender of all.filter((one) => one.joins)) {
    const attempt = await contender.fresh(stack);
    try {
      const { wrong } = await catchUp(stack, attempt, records, feed.expected(CHECKED));
      say(`${contender.title}: ${wrong === 0 ? 'every cell is right' : `${wrong} cells are WRONG`}`);
      notes.push(`${contender.title}: ${wrong === 0 ? 'every cell as the oracle says' : `NOT EXACT, ${wrong} cells differ from the oracle`} (${count(CHECKED)} predictions)`);
    } catch (error) {
      if (contender === ours) throw error;
      notes.push(`${contender.title}: no result for the oracle: ${messageOf(error).split('\n').slice(0, 2).join(' ')}`);
    } finally {
      await attempt.clear();
    }
  }
  return notes;
}
async function fillInputs(stack: BenchStack, feed: JoinFeed, predictions: number, say: BenchOptions['say']): Promise<number> {
  await recreate(stack, INPUTS);
  const feeder = await createFeeder(stack.settings);
  try {
    return await feedInputs(feeder, await createFramer(stack.registry), feed, predictions, say);
  } finally {
    await feeder.close();
  }
}

async function measure(stack: BenchStack, { seed, runs = DEFAULT_RUNS, scale, say }: BenchOptions, all: readonly Contender[]): Promise<Omit<BenchResult, 'bench' | 'seed'>> {
  const predictions = Math.max(CHECKED, Math.round(PREDICTIONS * scale));
  const feed = createJoinFeed(seed);
  const notes = await checkRightness(stack, feed, all, say);
  const records = await fillInputs(stack, feed, predictions, say);
  const expected = feed.expected(predictions);
  const results = new Map<Contender, CatchUp[]>(all.map((one) => [one, []]));
  for (let run = 0; run < runs; run += 1) {
    // The order turns, so that nobody is always first or after the same neighbour.
    for (const contender of [...all.slice(run % all.length), ...all.slice(0, run % all.length)]) {
      const seen = results.get(contender);
      if (seen === undefined) continue;
      const part = Math.min(records, contender.atMost);
      const attempt = await contender.fresh(stack);
      try {
        const result = await catchUp(stack, attempt, part, contender.joins && part === records ? expected : undefined);
        if (result.wrong > 0) notes.push(`${contender.title}, run ${run + 1}: NOT EXACT, ${result.wrong} cells differ from the oracle`);
        seen.push(result);
        say(`run ${run + 1} of ${runs}: ${contender.title}: ${count(result.perCpuSecond)} records per CPU-second, ${count(result.perSecond)}/s, ${count(result.rssBytes / MB)} MB`);
      } catch (error) {
        if (contender === ours) throw error;
        results.delete(contender);
        notes.push(`${contender.title} failed in run ${run + 1}: ${messageOf(error).split('\n').slice(0, 3).join(' ')}`);
      } finally {
        await attempt.clear();
      }
    }
  }
  const measured = [...results].filter(([, seen]) => seen.length > 0);
  const figuresOf = (suffix: string, unit: string, of: (one: CatchUp) => number): Figure[] => measured.map(([contender, seen]) => ({ name: `${contender.title}${suffix}`, unit, runs: seen.map(of) }));
  const figures: Figure[] = [
    ...figuresOf('', 'records/CPU-s', (one) => one.perCpuSecond),
    ...figuresOf(', second half', 'records/CPU-s', (one) => one.perCpuSecondWarm),
    ...figuresOf('', 'CPU-s/million', (one) => 1e6 / one.perCpuSecond),
    ...figuresOf('', 'records/s', (one) => one.perSecond),
    ...figuresOf(', at the end', 'MB RSS', (one) => one.rssBytes / MB),
  ];

  const seconds = Math.max(5, Math.round(LIVE_SECONDS * Math.min(1, scale)));
  const waiting = Math.max(predictions, (seconds + WARM_UP_S + 1) * FEEDBACK_PER_SECOND);
  let p99: number | undefined;
  for (const contender of all.filter((one) => LIVE.has(one.name))) {
    try {
      say(`${contender.title}: ${count(waiting)} waiting predictions, a restart, then ${count(FEEDBACK_PER_SECOND)} feedback/s`);
      const live = await measureLive(stack, contender, feed, { waiting, seconds });
      const quantile = (q: number): number => quantileOf(live.delaysMs, q) ?? Infinity;
      if (contender === ours) p99 = quantile(0.99);
      figures.push(
        { name: `${contender.title}, feedback to tally p50`, unit: 'ms', runs: [quantile(0.5)] },
        { name: `${contender.title}, feedback to tally p99`, unit: 'ms', runs: [quantile(0.99)] },
        { name: `${contender.title}, ${count(waiting)} waiting`, unit: 'MB RSS', runs: [live.memory.rss / MB] },
        { name: `${contender.title}, ${count(waiting)} waiting`, unit: 'MB RssAnon', runs: [live.memory.anon / MB] },
        { name: `${contender.title}, restart to first new tally`, unit: 's', runs: [live.restartMs / 1000] },
      );
    } catch (error) {
      if (contender === ours) throw error;
      notes.push(`${contender.title}, live: ${messageOf(error).split('\n').slice(0, 2).join(' ')}`);
    }
  }

  const SPANS = [['from start to caught up', (one: CatchUp) => one.perCpuSecond], ['second half', (one: CatchUp) => one.perCpuSecondWarm]] as const;
  const bars: Bar[] = measured.filter(([contender]) => WANTED_TIMES[contender.name] !== undefined).flatMap(([contender]) =>
    SPANS.map(([span, of]) => {
      const medianOf = (who: Contender): number => spreadOf((results.get(who) ?? []).map(of)).median;
      const times = medianOf(ours) / medianOf(contender);
      const wanted = WANTED_TIMES[contender.name] ?? 1;
      return { name: `records per CPU-second against ${contender.title}, ${span}`, wanted: `${wanted} times as many`, seen: `${times.toFixed(1)} times (medians)`, holds: times >= wanted };
    }),
  );
  bars.push({ name: `feedback to tally at ${count(FEEDBACK_PER_SECOND)} feedback/s, p99`, wanted: `under ${WANTED_P99_MS} ms`, seen: p99 === undefined ? 'nothing' : `${count(p99)} ms`, holds: p99 !== undefined && p99 < WANTED_P99_MS });
  notes.push(
    `${count(predictions)} predictions, ${count(records - predictions)} feedback (5 % corrections, 5 % copies, 2 % before their prediction), 4 partitions, one broker, Avro through the registry; CPU is user + system of all the contender's processes, the broker's excluded`,
    'records/CPU-s count from the start of the process (its start and warm-up included) to the moment at which all is committed and a read_committed client has the whole tally; "second half" leaves start and warm-up out, which favours a JVM; the bars hold both',
    `${all.filter((one) => one.atMost < records).map((one) => `${one.title} is measured over the first ${count(one.atMost)} records`).join('; ') || 'everybody is measured over all records'}`,
    `feedback to tally: from the broker's append time to the arrival of the tallies record at a read_committed consumer, after ${WARM_UP_S} s of warm-up; ours per label by offset, Kafka Streams (commit.interval.ms 100, its default here) by the order of append and the sum of its counts`,
    'all joins run exactly once (transactions) with their default stores; ours also writes the examples topic with the texts and judges every label; restart: SIGTERM, state on disk kept; Kafka Streams does not leave its group when it is closed, so its restart waits for its session time-out (45 s by default)',
  );
  return { figures, bars, notes };
}

export const bench: Bench = {
  name: 'join', about: 'records per CPU-second of join and monitor against other stream processors, and the delay from feedback to tally',
  async run(options) {
    requireProcfs();
    const { contenders, missing } = await contendersOf(peersNamed(options.peers), options.cache, options.say);
    return withStack({ name: 'join', say: options.say }, async (stack) => {
      const { figures, bars, notes } = await measure(stack, options, [ours, ...contenders]);
      const absent = peersNamed(options.peers).filter((peer) => WANTED_TIMES[peer.name] !== undefined && contenders.every((one) => one.name !== peer.name));
      return { bench: 'join', seed: options.seed, figures, bars: [...bars, ...absent.map((peer) => ({ name: `records per CPU-second against ${peer.title}`, wanted: `${WANTED_TIMES[peer.name] ?? 1} times as many`, seen: 'it could not be installed', holds: false }))], notes: [...missing, ...notes] };
    });
  },
};
