// The monitor process: wiring only.
import { createRegistry } from '../../schemas/registry.ts';
import { readSettings } from '../../schemas/settings.ts';
import { checkAgreement } from '../agreement.ts';
import { createLog, runService } from '../service.ts';
import { runShards, type Shards } from '../shards.ts';
import { createMonitorMetrics } from './metrics.ts';
import { historyOf, viewOf, type VersionView } from './view.ts';
import { openMonitor, type MonitorTask } from './worker.ts';

const settings = readSettings(process.env);
const log = createLog('monitor', settings.logLevel);
const registry = createRegistry(settings.registryUrl, fetch);
const tasks = new Map<number, MonitorTask>();
let shards: Shards | undefined;

/** Only what this process owns and has caught up with: standbys show nothing. */
const owned = (): MonitorTask[] => (shards?.live() ?? []).map((partition) => tasks.get(partition)).filter((task) => task !== undefined);
const views = (): VersionView[] => owned().flatMap((task) => task.fold.versions().map((version) => viewOf(version, task.fold, Date.now())));
const metrics = createMonitorMetrics(views, () => shards?.lags() ?? new Map());

await runService({
  name: 'monitor', host: settings.bindHost, port: settings.monitorPort, log, metrics: metrics.registry,
  unready: () => (shards === undefined ? 'starting' : undefined),
  routes: {
    '/live': () => ({ models: views(), partitions: shards?.live() ?? [], labelled_offsets: owned().map((task) => String(task.fold.offset())), lag: Object.fromEntries(shards?.lags() ?? []) }),
    '/history': () => ({ models: owned().flatMap((task) => task.fold.versions().map(historyOf)) }),
    '/eras': () => ({ partitions: owned().map((task) => ({ labelled_partition: task.partition, eras: task.eras.map(({ fromOffset, book }) => ({ from_offset: fromOffset, ...book })) })) }),
  },
  async start(die) {
    await checkAgreement(settings.homeDir, registry);
    shards = await runShards({
      settings, registry, log, name: 'monitor', topics: ['labelled'], onFatal: die,
      open: async (opening) => {
        const task = await openMonitor(opening, { settings, registry, metrics, nowMs: Date.now });
        tasks.set(opening.partition, task);
        return task;
      },
      closed: (partition) => void tasks.delete(partition),
    });
  },
  stop: async () => shards?.stop(),
});
