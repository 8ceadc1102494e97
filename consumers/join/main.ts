// The join process: wiring only.
import { openRegistry } from '../../producers/connections.ts';
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { checkAgreement } from '../agreement.ts';
import { openPulse, type Pulse } from '../pulse.ts';
import { heldMetrics, pulseMetrics } from '../pulseMetrics.ts';
import { memberUnready } from '../readiness.ts';
import { createLog, runService } from '../service.ts';
import { runShards, type Shards } from '../shards.ts';
import { countsOf, createJoinMetrics } from './metrics.ts';
import { JOIN_TOPICS } from './state.ts';
import { openJoin, type JoinTask } from './worker.ts';

const settings = readSettings(process.env, readSecretFile);
const log = createLog('join', settings.logLevel);
const registry = openRegistry(settings);
const tasks = new Map<number, JoinTask>();
let shards: Shards | undefined;
let pulse: Pulse | undefined;

const coverage = () => [...tasks.values()].flatMap((task) => [...task.store.sums.coverage]);
const waiting = () => [...tasks.values()].reduce((sum, { store: { sums } }) => ({ predictions: sum.predictions + sums.unlabelled, held: sum.held + sums.held }), { predictions: 0, held: 0 });
const metrics = createJoinMetrics({
  waiting,
  state: () => [...tasks.values()].map((task) => task.store.figures()).reduce((sum, one) => ({ entries: sum.entries + one.entries, indexBytes: sum.indexBytes + one.indexBytes, fileBytes: sum.fileBytes + one.fileBytes, unsavedBytes: sum.unsavedBytes + one.unsavedBytes }), { entries: 0, indexBytes: 0, fileBytes: 0, unsavedBytes: 0 }),
  coverage,
  mixes: () => [...tasks.values()].flatMap((task) => [...task.store.sums.mixes]),
  lags: () => shards?.lags() ?? new Map(),
});

pulseMetrics(metrics.registry, 'join', () => pulse);
heldMetrics(metrics.registry, 'join', () => shards);

await runService({
  name: 'join', host: settings.bindHost, port: settings.joinPort, log, metrics: metrics.registry, dataDir: settings.homeDir,
  unready: () => (shards === undefined ? 'starting' : memberUnready({ owned: shards.owned(), live: shards.live(), held: shards.held(), away: pulse?.away() })),
  routes: {
    '/live': () => ({ waiting: waiting().predictions, versions: [...countsOf(coverage())].map(([version, { predicted, labelled, auditPredicted, auditLabelled }]) => ({ model_name: version.split(' ')[0], model_version: version.split(' ')[1], predicted, labelled, audit_predicted: auditPredicted, audit_labelled: auditLabelled })) }),
  },
  async start(die) {
    await checkAgreement(settings.homeDir, registry);
    const watching = (pulse = openPulse({ settings, name: 'join', log, onStuck: die }));
    shards = await runShards({
      pulse: watching, settings, registry, log, name: 'join', topics: JOIN_TOPICS, onNewLog: 'ask', onFatal: die,
      open: async (opening) => {
        const { partition } = opening;
        const task = await openJoin(opening, {
          settings, registry, metrics, nowMs: Date.now,
          onUnsaved(reason) {
            if (reason === undefined) log.info({ partition }, 'the state is saved again');
            else log.error({ partition, reason }, 'the state cannot be saved; going on in memory for a while');
          },
        });
        tasks.set(opening.partition, task);
        return task;
      },
      closed: (partition) => void tasks.delete(partition),
    });
  },
  async stop() {
    await pulse?.stop();
    await shards?.stop();
  },
});
