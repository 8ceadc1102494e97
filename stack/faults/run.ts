// Runs a schedule of faults against real members while a feed is written, then judges everything from the log alone.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestContext } from 'node:test';
import { until, type Bench } from '../testing.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { judgeAnswers, productsOf, type Answers } from './answers.ts';
import { feedOf } from './feed.ts';
import { judge, type Findings } from './judge.ts';
import { memberOf, openPositions, type Member } from './members.ts';
import { LANES, scheduleOf, type Act, type Lane, type Plan } from './schedule.ts';

export type Faults = Plan & { readonly seed: number; readonly versions: number };
export type Report = { readonly seed: number; readonly events: number; readonly kills: number; readonly zombies: number; readonly removed: number; readonly takeoversMs: Readonly<Record<'kill' | 'suspend' | 'remove', readonly number[]>>; readonly findings: Findings; /** of the products, where inferences take part */ readonly answers: Answers | undefined; readonly seconds: number };

/** Short rest and a low bar for evidence, so that there are several episodes; nothing else is unusual. */
const RULES = { MIN_F1: '0.88', COOLDOWN_MS: '4000', MAX_RETRAINS_PER_DAY: '1000', FALSE_ALARM_EVERY: '500', BUCKET_MS: '500', MIN_LABELS: '100', WINDOW_LABELS: '500', LOG_LEVEL: 'info' };
const EVENTS_PER_PRODUCT = 2.03;
const CHUNK = 1000;
/** While an act is overdue: a thin stream, so that a new owner has something to commit. */
const TRICKLE = 20;
const TRICKLE_MS = 100;
const TAKEOVER_DEADLINE_MS = 120_000;

export async function runFaults(t: TestContext, bench: Bench, faults: Faults): Promise<Report> {
  const { settings, publisher } = bench;
  const startedAt = performance.now();
  const acts = scheduleOf(faults.seed, faults);
  const model = `faults-${faults.seed}-${randomUUID().slice(0, 8)}`;
  const membersOf = (lane: Lane): Member[] => Array.from({ length: faults.members[lane] ?? 0 }, (_, i) => memberOf(t, bench, lane, i, RULES));
  const members: Readonly<Record<Lane, readonly Member[]>> = {
    join: membersOf('join'), monitor: membersOf('monitor'), inference: membersOf('inference'),
  };
  const positions = await openPositions(t, bench);
  const products = productsOf(`products-of-${model}`);
  const takeoversMs = { kill: [] as number[], suspend: [] as number[], remove: [] as number[] };
  const counts = { kills: 0, zombies: 0, removed: 0 };
  let written = 0;
  let overdue = 0;
  let failure: Error | undefined;
  const suspended = new Set<Member>();
  const resume = (member: Member): void => {
    member.child()?.kill('SIGCONT');
    suspended.delete(member);
  };

  /** The scheduled member, or the next that owns something: hurting an idle one shows nothing. */
  async function victimOf({ lane, member }: Act): Promise<{ victim: Member; owned: readonly number[] }> {
    const all = members[lane];
    return until(`an owner among the ${lane}s`, async () => {
      for (let i = 0; i < all.length; i += 1) {
        const victim = all[(member + i) % all.length];
        const owned = (await victim?.owned()) ?? [];
        if (victim?.child() !== undefined && owned.length > 0) return { victim, owned };
      }
      return undefined;
    }, TAKEOVER_DEADLINE_MS);
  }
  /** Resolves when somebody has committed each of `owned` again. since: when the owner was hurt. */
  async function takenOver(lane: Lane, owned: readonly number[], since: number, times: number[]): Promise<void> {
    const before = await positions(lane);
    const waiting = new Set(owned);
    await until(`the next commit of ${lane} ${owned.join(', ')}`, async () => {
      const now = await positions(lane);
      for (const partition of waiting) {
        if (now.get(partition) === before.get(partition)) continue;
        waiting.delete(partition);
        times.push(performance.now() - since);
      }
      return waiting.size === 0 ? true : undefined;
    }, TAKEOVER_DEADLINE_MS);
  }
  const back: Promise<void>[] = [];
  /** As the supervisor does: a member that returns before its old session has ended stalls the whole group. */
  const restartLater = (member: Member, delayMs: number): void => void back.push(pause(delayMs).then(() => member.start()));

  async function perform(act: Act): Promise<void> {
    const { lane, kind } = act;
    if (kind === 'add') return members[lane][act.member]?.start();
    const { victim, owned } = await victimOf(act);
    const since = performance.now();
    switch (kind) {
      case 'kill':
        await victim.end('SIGKILL');
        counts.kills += 1;
        restartLater(victim, settings.sessionTimeoutMs);
        return takenOver(lane, owned, since, takeoversMs.kill);
      case 'suspend':
        victim.child()?.kill('SIGSTOP');
        suspended.add(victim);
        await takenOver(lane, owned, since, takeoversMs.suspend);
        // It believes that it owns what another has committed by now.
        resume(victim);
        counts.zombies += 1;
        return;
      case 'remove':
        await victim.end('SIGTERM');
        counts.removed += 1;
        restartLater(victim, 1000);
        return takenOver(lane, owned, since, takeoversMs.remove);
    }
  }
  async function runLane(lane: Lane): Promise<void> {
    for (const act of acts.filter((one) => one.lane === lane)) {
      await until(`event ${act.atEvents}`, () => (written >= act.atEvents || failure !== undefined ? true : undefined), 600_000);
      if (failure !== undefined) return;
      overdue += 1;
      await perform(act);
      overdue -= 1;
    }
  }
  async function write(): Promise<void> {
    const feed = feedOf({ seed: faults.seed, model, products: Math.ceil(faults.events / EVENTS_PER_PRODUCT), versions: faults.versions, partitions: settings.partitions, delay: Math.ceil(faults.events / 25) });
    let chunk: Outgoing[] = [];
    let asked: Outgoing[] = [];
    // A product is no input of the join: its predictions carry another id and are judged apart.
    const send = async (): Promise<void> => {
      await publisher.send([...chunk, ...asked]);
      written += chunk.length;
      [chunk, asked] = [[], []];
    };
    for (const records of feed) {
      chunk.push(...records);
      if (members.inference.length > 0) asked.push(products.next());
      if (chunk.length + asked.length < (overdue > 0 ? TRICKLE : CHUNK)) continue;
      if (failure !== undefined) return;
      if (overdue > 0) await pause(TRICKLE_MS);
      await send();
    }
    await send();
  }

  t.after(() => [...suspended].forEach(resume));
  try {
    members.join.slice(0, 2).forEach((member) => member.start());
    members.monitor.forEach((member) => member.start());
    members.inference.slice(0, 2).forEach((member) => member.start());
    const work = [write(), ...LANES.map(runLane)].map((one) => one.catch((error: unknown) => {
      failure ??= error instanceof Error ? error : new Error(String(error));
    }));
    await Promise.all(work);
    await Promise.all(back);
    if (failure !== undefined) throw failure;
    const findings = await judge(bench, model, written, members);
    const answers = members.inference.length > 0 ? await judgeAnswers(bench, products) : undefined;
    return { answers, seed: faults.seed, events: written, ...counts, takeoversMs, findings, seconds: (performance.now() - startedAt) / 1000 };
  } finally {
    [...suspended].forEach(resume);
  }
}
