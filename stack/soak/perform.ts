// Makes the faults of a soak happen on a running stack, each undone by the time it resolves: what the stack's own supervisor does not bring back is started here.
import { setTimeout as pause } from 'node:timers/promises';
import { fatal, messageOf } from '../../schemas/failure.ts';
import type { Context } from '../context.ts';
import { fetchKafka, fetchMysql, fetchRegistry, fetchS3 } from '../fetch.ts';
import { runningPid } from '../pids.ts';
import { readStates, urlOf } from '../processes.ts';
import { kafkaService } from '../services/kafka.ts';
import { mysqlService } from '../services/mysql.ts';
import { registryService } from '../services/registry.ts';
import { s3Service } from '../services/s3.ts';
import { restartService, type Service } from '../services/service.ts';
import type { Fault, ServerName } from './schedule.ts';

export type Faults = {
  /** Resolves when the fault is over, not when everybody has recovered. */
  perform(fault: Fault): Promise<void>;
  /** Lets everything go on that is suspended. */
  release(): void;
};
/** Past the session time-out, so that whoever comes back has been replaced. */
const BEYOND_SESSION_MS = 3000;
const CUT_MS = 10_000;
const START_DEADLINE_MS = 90_000;
const STOP_AFTER_MS = 20_000;
/** A trainer is hit while it trains. */
const INTO_TRAINING_MS = 3000;
/** Inference may have been killed a moment ago. */
const ORDER_WITHIN_MS = 180_000;

export function createFaults(context: Context): Faults {
  const { settings, paths, secrets } = context;
  const suspended = new Set<number>();
  const signal = (pid: number, name: NodeJS.Signals): void => {
    try {
      process.kill(pid, name);
    } catch {
      // It has ended by itself.
    }
  };
  async function serviceOf(name: ServerName): Promise<Service> {
    const say = (): void => undefined;
    const { cache } = paths;
    switch (name) {
      case 'kafka': return kafkaService(context, await fetchKafka(cache, say));
      case 'registry': return registryService(context, await fetchRegistry(cache, say));
      case 'mysql': return mysqlService(context, await fetchMysql(cache, say));
      case 's3': return s3Service(context, await fetchS3(cache, say));
    }
  }
  /** While it starts again after another fault there is nobody to hurt yet. */
  async function pidOf(find: () => number | undefined): Promise<number | undefined> {
    for (let tries = 0; tries < 100; tries += 1) {
      const pid = find();
      if (pid !== undefined) return pid;
      await pause(100);
    }
    return undefined;
  }
  async function suspend(pid: number | undefined, forMs: number): Promise<void> {
    if (pid === undefined) return;
    suspended.add(pid);
    signal(pid, 'SIGSTOP');
    await pause(forMs);
    signal(pid, 'SIGCONT');
    suspended.delete(pid);
  }
  async function order(): Promise<void> {
    for (const end = performance.now() + ORDER_WITHIN_MS; ;) {
      try {
        const answer = await fetch(`${urlOf(settings, 'inference')}/v1/retrain`, { method: 'POST', headers: { authorization: `Bearer ${secrets.tokens.admin}`, 'content-type': 'application/json' }, body: JSON.stringify({ force: true }), signal: AbortSignal.timeout(10_000) });
        if (answer.ok) return;
        throw fatal('not_ordered', `POST /v1/retrain answered ${answer.status}`);
      } catch (error) {
        if (performance.now() > end) throw fatal('not_ordered', `the retraining could not be ordered: ${messageOf(error)}`);
        await pause(500);
      }
    }
  }
  const oursOf = (name: 'inference' | 'join' | 'monitor' | 'trainer') => pidOf(() => readStates(paths.run)[name]?.pid);

  return {
    release() {
      for (const pid of suspended) signal(pid, 'SIGCONT');
      suspended.clear();
    },
    async perform(fault) {
      switch (fault.kind) {
        case 'retrain': return order();
        case 'kill': {
          if (fault.of === 'trainer') await order().then(() => pause(INTO_TRAINING_MS));
          const pid = await oursOf(fault.of);
          if (pid !== undefined) signal(pid, 'SIGKILL');
          return;
        }
        case 'suspend': return suspend(await oursOf(fault.of), settings.sessionTimeoutMs + BEYOND_SESSION_MS);
        case 'cut': return suspend(await pidOf(() => runningPid(paths.run, fault.of)), CUT_MS);
        case 'restart':
        case 'crash': return restartService(paths, await serviceOf(fault.of), { crash: fault.kind === 'crash', stopMs: STOP_AFTER_MS, startMs: START_DEADLINE_MS });
      }
    },
  };
}
