// A trainer that kills or suspends itself at one step of one request: the trainer's own parts, with what it is handed wrapped. For the crash table only.
// CRASH_AT: the step. CRASH_ID: the retrain id. CRASH_HOW: kill | stop. CRASH_GROUP: its consumer group. What happens goes to standard output, a word and a step a line.
import { writeSync } from 'node:fs';
import { pino } from 'pino';
import { subscribe } from '../../consumers/subscriber.ts';
import { openRegistry } from '../../producers/connections.ts';
import { readModelSettings } from '../../schemas/settings.ts';
import { createArtifacts } from './artifacts.ts';
import { createIntake } from '../jobs/intake.ts';
import { createLedger, type Ledger } from './ledger.ts';
import type { Lease } from './row.ts';
import type { WorkerStage } from '../jobs/desk.ts';
import { startWorker } from '../jobs/worker.ts';

const settings = readModelSettings(process.env);
const { CRASH_AT, CRASH_ID, CRASH_HOW, CRASH_GROUP = 'trainer-crash' } = process.env;
const log = pino({ name: 'crashing-trainer' }, pino.destination(2));
// Written at once, before the signal.
const tell = (...words: string[]): void => void writeSync(1, `${words.join(' ')}\n`);
let crashed = false;
function crash(point: string): void {
  if (point !== CRASH_AT || crashed) return;
  crashed = true;
  tell('at', point);
  process.kill(process.pid, CRASH_HOW === 'stop' ? 'SIGSTOP' : 'SIGKILL');
}

const inner = createLedger(settings);
const ids = new Map<string, string>();
const isIt = (id: string): boolean => ids.get(id) === CRASH_ID;
const ledger: Ledger = {
  ...inner,
  async claim(request, partition, offset) {
    if (request.retrain_id === CRASH_ID) crash('asked');
    const how = await inner.claim(request, partition, offset);
    if (request.retrain_id === CRASH_ID) crash('claimed');
    return how;
  },
  async take(lane = 'training') {
    const taken = await inner.take(lane);
    if (taken === undefined) tell('free', lane);
    else ids.set(taken.row.id, taken.row.retrain_id);
    return taken;
  },
  async record(lease, trained, champion) {
    if (isIt(lease.id)) crash('stored');
    const done = await inner.record(lease, trained, champion);
    if (isIt(lease.id)) crash('recorded');
    return done;
  },
  async promote(lease, ...rest) {
    if (isIt(lease.id)) crash('checked');
    const how = await inner.promote(lease, ...rest);
    if (isIt(lease.id)) crash('promoted');
    return how;
  },
  async isMine(lease) {
    // Asked between the fence and the event.
    if (isIt(lease.id)) crash('fenced');
    return inner.isMine(lease);
  },
  async finish(lease: Lease, ...rest) {
    if (isIt(lease.id)) crash('published');
    const done = await inner.finish(lease, ...rest);
    if (isIt(lease.id)) crash('finished');
    return done;
  },
};
const STAGE_OF: Partial<Record<WorkerStage, string>> = { taken: 'taken', dataset: 'dataset', training: 'training', gate: 'gate', storing: 'storing' };
const registry = openRegistry(settings);
const die = (error: unknown): void => {
  tell('died', String(error));
  process.exit(1);
};
const worker = startWorker({ settings, env: process.env, registry, ledger, artifacts: createArtifacts(settings), log, onFatal: die, onOutcome: () => undefined, onStage: (stage) => crash(STAGE_OF[stage] ?? '') });
const intake = createIntake({
  settings, registry, ledger, log, nowMs: Date.now, publish: () => Promise.resolve(), countDead: (reason) => tell('dead', reason),
  onClaimed: () => (worker.wake(), Promise.resolve()),
});
const subscription = await subscribe({
  settings, clientId: 'trainer-crash', groupId: CRASH_GROUP, log, topics: ['retrain-requests'], onFatal: die,
  async onRecord(record) {
    // The stack is shared with other tests, whose requests are not ours.
    const request = record.value === null ? undefined : await registry.decode('retrain-requests', record.value);
    if (request?.model_name !== settings.modelName) return;
    await intake(record);
    tell('handled', request.retrain_id);
  },
});
tell('started');
process.once('SIGTERM', () => {
  void subscription.stop().then(() => worker.stop()).then(() => ledger.close()).then(() => process.exit(0));
});
