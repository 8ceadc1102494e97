// The partition numbers that the group has given us. A *tenure* is one stretch of owning a number: its shard is opened, fed, committed and closed in turn, and made anew after any error.
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Batch } from 'kafkajs';
import type { Log } from '../producers/kafka.ts';
import { LoopError, messageOf } from '../schemas/failure.ts';
import type { TopicName } from '../schemas/topics.ts';
import type { Feeding } from './feeding.ts';
import type { Flow } from './flow.ts';
import type { Member, Passed } from './member.ts';
import type { TopicEnd } from './pulse.ts';
import { HELD_CODES, type CaughtUp, type Held, type Shard } from './shard.ts';

export type Tenures = {
  /** Numbers owned, in order. */
  readonly owned: () => readonly number[];
  /** Numbers owned that stand still until a topic is brought back or a person decides, and why. */
  readonly held: () => ReadonlyMap<number, Held>;
  /** Shards behind their barrier. */
  readonly live: () => readonly Shard[];
  /** These are ours from now on. keeps: what we had of them goes on; else all is closed first. */
  take(owned: ReadonlySet<number>, keeps: boolean): void;
  /** None is ours any more. Each is closed in its turn. */
  dropAll(): void;
  batch(topic: TopicName, batch: Batch): Promise<void>;
  passed(passed: Passed): void;
  /** About once a second: opens what can be opened, and lets time pass for the others. */
  tick(): void;
  /** Records that wait for their shard. What is being opened stands still by itself, and counts. */
  behind(ends: readonly TopicEnd[]): number;
  /** Resolves when every shard is closed and nothing is under way. */
  close(): Promise<void>;
};
type Options = {
  readonly log: Log; readonly flow: Flow; readonly feeding: Feeding; readonly member: Member;
  readonly open: (partition: number) => Promise<Shard>;
  readonly closed: ((partition: number) => void) | undefined;
  readonly onFatal: (error: unknown) => void;
  /** How often the group has said so far that we are a member still. */
  readonly beats: () => number;
  readonly caughtUp: (shard: Shard) => CaughtUp;
};
/** opensAtBeat: not to be opened before so many heartbeats were answered. queued: batches of the same fetch that wait for their turn. owes: records were handed over whose positions are not committed. ledTo: where the first topic stood at the last tick. held: why it cannot be opened. */
type Tenure = { readonly partition: number; shard: Shard | undefined; opensAtBeat: number; ticking: boolean; queued: number; owes: boolean; ledTo: bigint; held: Held | undefined };
/** Heartbeats between two looks at a topic that is held: each makes a transactional producer. */
const HELD_BEATS = 5;

export function tenuresOf({ log, flow, feeding, member, open, closed, onFatal, beats, caughtUp }: Options): Tenures {
  const tenures = new Map<number, Tenure>();
  const turns = new Map<number, Promise<void>>();

  /** Work on one partition number happens in turn: opening, handling, committing and closing never overlap. */
  function inTurn(partition: number, work: () => Promise<void>): Promise<void> {
    const turn = (turns.get(partition) ?? Promise.resolve()).then(work);
    turns.set(partition, turn.catch(() => undefined));
    return turn;
  }
  const isOurs = (tenure: Tenure): boolean => tenures.get(tenure.partition) === tenure;
  const holds = (tenure: Tenure, shard: Shard): boolean => tenure.shard === shard && isOurs(tenure);

  /** Takes the shard out. In turn: what is under way ends first. */
  async function shut(tenure: Tenure): Promise<void> {
    const { shard } = tenure;
    tenure.shard = undefined;
    tenure.owes = false;
    if (shard === undefined) return;
    closed?.(tenure.partition);
    await shard.shut().catch((error: unknown) => log.warn({ partition: tenure.partition, reason: messageOf(error) }, 'could not close in order'));
  }
  /** After any error. A zombie must hear that it is one before it fences the rightful owner: opening waits for the next heartbeat. */
  async function startOver(tenure: Tenure, error: unknown): Promise<void> {
    await shut(tenure);
    member.sign();
    if (!isOurs(tenure) || member.isStopping()) return;
    if (error instanceof LoopError && error.kind === 'fatal') return onFatal(error);
    const held = error instanceof LoopError && HELD_CODES.has(error.code) ? { code: error.code, why: error.message } : undefined;
    // Said once: it is tried again every few seconds, and readiness and a metric tell of it all the while.
    if (held === undefined) log.warn({ partition: tenure.partition, reason: messageOf(error) }, 'partition starts over');
    else if (held.why !== tenure.held?.why) log.error({ partition: tenure.partition, code: held.code, reason: held.why }, 'partition is held');
    tenure.opensAtBeat = beats() + (tenure.held === undefined ? 1 : HELD_BEATS);
    tenure.held = held ?? tenure.held;
    flow.halt(tenure.partition);
  }
  /** Runs work on a tenure in turn; an error makes it start over. */
  const guarded = (tenure: Tenure, work: () => Promise<void>): Promise<void> =>
    inTurn(tenure.partition, () => work().catch((error: unknown) => startOver(tenure, error)));

  async function openIn(tenure: Tenure): Promise<void> {
    if (!isOurs(tenure) || member.isStopping() || tenure.shard !== undefined || beats() < tenure.opensAtBeat) return;
    const shard = await open(tenure.partition);
    tenure.shard = shard;
    tenure.held = undefined;
    if (!isOurs(tenure)) return shut(tenure);
    flow.goOn(shard);
    await settle(tenure, shard, true);
  }
  async function settle(tenure: Tenure, shard: Shard, due: boolean): Promise<void> {
    const before = shard.live;
    await shard.settle(due || tenure.owes);
    if (shard.passed()) tenure.owes = false;
    if (before || !shard.live || !isOurs(tenure) || member.isStopping()) return;
    member.sign();
    flow.goOn(shard);
    log.info({ partition: shard.partition, positions: [...shard.places].map(([topic, { delivered }]) => `${topic}@${delivered}`).join(' ') }, 'partition is live');
  }
  async function tick(tenure: Tenure): Promise<void> {
    if (!isOurs(tenure)) return;
    const { shard } = tenure;
    if (shard === undefined) return openIn(tenure);
    tenure.ledTo = flow.keepMoving(shard, tenure.ledTo);
    // An empty new log brings no record by which a commit would find it out. A broker that does not answer is the pulse's to tell.
    await shard.check().catch((error: unknown) => {
      if (error instanceof LoopError) throw error;
    });
    if (shard.live) await shard.tick(caughtUp(shard));
    await settle(tenure, shard, !shard.live);
  }

  const drop = (tenure: Tenure): void => {
    tenures.delete(tenure.partition);
    void inTurn(tenure.partition, () => shut(tenure));
  };
  return {
    owned: () => [...tenures.keys()].sort((a, b) => a - b),
    held: () => new Map([...tenures.values()].flatMap(({ partition, held }): [number, Held][] => (held === undefined ? [] : [[partition, held]]))),
    live: () => [...tenures.values()].flatMap(({ shard }) => (shard?.live === true ? [shard] : [])),
    take(owned, keeps) {
      for (const [partition, tenure] of tenures) if (!keeps || !owned.has(partition)) drop(tenure);
      for (const partition of owned) {
        const tenure = tenures.get(partition) ?? { partition, shard: undefined, opensAtBeat: 0, ticking: false, queued: 0, owes: false, ledTo: -1n, held: undefined };
        tenures.set(partition, tenure);
        // A rejoin resets every partition, kept ones too.
        if (tenure.shard !== undefined) flow.goOn(tenure.shard);
        else {
          flow.halt(partition);
          void guarded(tenure, () => openIn(tenure));
        }
      }
    },
    dropAll() {
      for (const tenure of tenures.values()) drop(tenure);
    },
    async batch(topic, batch) {
      const tenure = tenures.get(batch.partition);
      const shard = tenure?.shard;
      // Without a shard nobody waits here: an opening may take long, and kafkajs sends no heartbeat meanwhile.
      if (tenure === undefined || shard === undefined || member.isStopping()) return;
      tenure.queued += 1;
      await guarded(tenure, async () => {
        tenure.queued -= 1;
        if (holds(tenure, shard) && (await feeding.feed(shard, topic, batch, () => isOurs(tenure)))) tenure.owes = true;
        // One transaction for all batches that one fetch brought to this number: the last of them commits. The client hands them out one after the other.
        await turnOfTheLoop();
        if (tenure.queued === 0 && holds(tenure, shard)) await settle(tenure, shard, false);
        if (holds(tenure, shard)) flow.keepPace(shard);
      });
    },
    passed(passed) {
      const shard = tenures.get(passed.partition)?.shard;
      if (shard !== undefined) feeding.pass(shard, passed);
    },
    tick() {
      for (const tenure of tenures.values()) {
        if (tenure.ticking) continue;
        tenure.ticking = true;
        void guarded(tenure, () => tick(tenure)).catch(() => undefined).finally(() => (tenure.ticking = false));
      }
    },
    behind: (ends) => ends.reduce((sum, { topic, partition, high }) => {
      const place = tenures.get(partition)?.shard?.places.get(topic);
      return sum + (place === undefined ? 0 : Math.max(0, Number(high - place.next)));
    }, [...tenures.values()].filter(({ shard }) => shard === undefined).length),
    async close() {
      await Promise.all([...tenures.values()].map((tenure) => inTurn(tenure.partition, () => shut(tenure))));
      await Promise.all([...turns.values()]);
    },
  };
}
