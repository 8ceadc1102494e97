// One `labelled` partition at work: snapshot in, fold, retrain requests and snapshot changes out, in one transaction with the offsets.
import type { Outgoing } from '../../producers/outgoing.ts';
import { LoopError, messageOf } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Tally } from '../../schemas/events.ts';
import { deadLetterOf } from '../deadLetters.ts';
import { readToEnd } from '../readToEnd.ts';
import type { Opening, Task } from '../shard.ts';
import { createFold, type Fold, type MonitorRules } from './fold.ts';
import type { MonitorMetrics } from './metrics.ts';

export const rulesOf = (settings: Settings): MonitorRules => ({
  bucketMs: settings.bucketMs, windowLabels: settings.windowLabels, windowMaxAgeMs: settings.windowMaxAgeMs, minF1: settings.minF1, minClassF1: settings.minClassF1, trigger: settings.trigger, minLabels: settings.minLabels,
  falseAlarmEvery: settings.falseAlarmEvery, settleMs: settings.settleMs, cooldownMs: settings.cooldownMs, maxRetrainsPerDay: settings.maxRetrainsPerDay, categories: settings.categories,
});
export type MonitorTask = Task & { readonly fold: Fold };
type Options = { readonly settings: Settings; readonly registry: Registry; readonly metrics: MonitorMetrics; readonly nowMs: () => number };

export async function openMonitor({ partition, positions }: Opening, { settings, registry, metrics, nowMs }: Options): Promise<MonitorTask> {
  const rules = rulesOf(settings);
  const latest = new Map<string, Tally>();
  await readToEnd({
    settings, clientId: `monitor-${partition}`, topics: ['tallies'],
    onRecord: async (record) => {
      if (record.partition !== partition || record.key === null) return;
      const key = record.key.toString();
      if (record.value === null) latest.delete(key);
      else latest.set(key, await registry.decode('tallies', record.value));
    },
  });
  const fold = createFold(rules, partition);
  for (const [key, tally] of latest) fold.restore(key, tally);

  // A change of settings is itself recorded, with the offset from which it is in force.
  const inForce = JSON.stringify(rules);
  const lastSettings = [...latest.values()].filter((tally) => tally.kind === 'settings').sort((a, b) => b.labelled_offset - a.labelled_offset)[0];
  const start = Number(positions.get('labelled') ?? 0n);
  let opening: Outgoing[] = lastSettings?.state_json === inForce ? [] : [{
    topic: 'tallies', key: `settings/${partition}/${start}`, partition,
    value: { model_name: '', model_version: '', kind: 'settings', bucket_start_ms: 0, bucket_length_ms: 0, cells: [], state_json: inForce, labelled_partition: partition, labelled_offset: start },
  }];

  return {
    fold,
    async handle(_topic, records) {
      const out: Outgoing[] = opening;
      opening = [];
      for (const record of records) {
        if (record.value === null) continue;
        try {
          const decode = registry.known('labelled', record.value);
          const event = decode === undefined ? await registry.decode('labelled', record.value) : decode(record.value);
          for (const request of fold.apply(event, record.offset)) {
            metrics.requests.inc({ cause: request.cause });
            out.push({ topic: 'retrain-requests', key: request.model_name, value: request });
          }
        } catch (error) {
          if (!(error instanceof LoopError) || error.kind !== 'poison') throw error;
          metrics.deadLetters.inc({ topic: 'labelled', reason: error.code });
          out.push(deadLetterOf(record, error.code, messageOf(error), 'monitor', nowMs()));
        }
      }
      for (const [key, tally] of fold.changes()) out.push({ topic: 'tallies', key, partition, value: tally ?? null });
      return out;
    },
    tick() {
      const out = opening;
      opening = [];
      return out;
    },
  };
}
