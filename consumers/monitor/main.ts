// The monitor process: wiring only.
import { openRegistry } from '../../producers/connections.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { checkAgreement } from '../agreement.ts';
import type { Following } from '../follow.ts';
import { followPromotions } from '../promotions.ts';
import { openPulse, type Pulse } from '../pulse.ts';
import { heldMetrics, pulseMetrics } from '../pulseMetrics.ts';
import { memberUnready } from '../readiness.ts';
import { createLog, runService } from '../service.ts';
import { runShards, type Shards } from '../shards.ts';
import { createMonitorMetrics } from './metrics.ts';
import { historyOf, viewOf, type VersionView } from './view.ts';
import { openMonitor, type MonitorTask } from './worker.ts';

const settings = readSettings(process.env, readSecretFile);
const log = createLog('monitor', settings.logLevel);
const registry = openRegistry(settings);
const tasks = new Map<number, MonitorTask>();
let shards: Shards | undefined;
let pulse: Pulse | undefined;
let following: Following | undefined;
const promoted = new Map<string, ModelPromoted>();

/** Only what this process owns and has caught up with: standbys show nothing. */
const owned = (): MonitorTask[] => (shards?.live() ?? []).map((partition) => tasks.get(partition)).filter((task) => task !== undefined);
const views = (): VersionView[] => owned().flatMap((task) => task.fold.versions().map((version) => viewOf(version, task.fold, Date.now())));
const metrics = createMonitorMetrics(views, () => shards?.lags() ?? new Map(), () => promoted.values());

pulseMetrics(metrics.registry, 'monitor', () => pulse);
heldMetrics(metrics.registry, 'monitor', () => shards);

await runService({
  name: 'monitor', host: settings.bindHost, port: settings.monitorPort, log, metrics: metrics.registry, dataDir: settings.homeDir,
  unready: () => (shards === undefined ? 'starting' : memberUnready({ owned: shards.owned(), live: shards.live(), held: shards.held(), away: pulse?.away() })),
  routes: {
    '/live': () => ({ models: views(), partitions: shards?.live() ?? [], labelled_offsets: owned().map((task) => String(task.fold.offset())), lag: Object.fromEntries(shards?.lags() ?? []) }),
    '/history': (query) => ({ models: historyOf(owned().flatMap((task) => task.fold.versions()), query.has('points') ? Number(query.get('points')) : undefined) }),
    '/eras': () => ({ partitions: owned().map((task) => ({ labelled_partition: task.partition, eras: task.eras.map(({ fromOffset, book, afresh }) => ({ from_offset: fromOffset, ...book, ...(afresh === undefined ? {} : { afresh: afresh.modelVersion }) })) })) }),
  },
  async start(die) {
    await checkAgreement(settings.homeDir, registry);
    const watching = (pulse = openPulse({ settings, name: 'monitor', log, onStuck: die }));
    following = await followPromotions({
      pulse: watching, settings, registry, clientId: 'monitor-models', log, onFatal: die,
      onPromotion(event) {
        if (event.promotion_seq > (promoted.get(event.model_name)?.promotion_seq ?? 0)) promoted.set(event.model_name, event);
      },
    });
    shards = await runShards({
      pulse: watching, settings, registry, log, name: 'monitor', topics: ['labelled'], onNewLog: 'hold', onFatal: die,
      open: async (opening) => {
        const task = await openMonitor(opening, { settings, registry, metrics, nowMs: Date.now, promoted: () => promoted.values() });
        tasks.set(opening.partition, task);
        return task;
      },
      closed: (partition) => void tasks.delete(partition),
    });
  },
  async stop() {
    await pulse?.stop();
    await following?.stop();
    await shards?.stop();
  },
});
