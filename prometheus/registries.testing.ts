// The registries of the four processes as their own code makes them, without what they would be fed: for tests and pages that ask which metrics there are.
import { Registry } from 'prom-client';
import { createJoinMetrics } from '../consumers/join/metrics.ts';
import { createMonitorMetrics } from '../consumers/monitor/metrics.ts';
import { processMetrics } from '../consumers/processMetrics.ts';
import { heldMetrics, pulseMetrics } from '../consumers/pulseMetrics.ts';
import { inferenceGauges, inferenceMetrics } from '../inference/metrics.ts';
import { loadMetrics } from '../inference/serving/load.ts';
import { mirrorGauge, trainerMetrics } from '../trainer/metrics.ts';

export type Process = 'inference' | 'join' | 'monitor' | 'trainer';
export type Described = { readonly name: string; readonly help: string; readonly type: string; readonly labels: readonly string[] };

export function registriesOf(): Readonly<Record<Process, Registry>> {
  const [inference, trainer] = [new Registry(), new Registry()];
  inferenceMetrics(inference);
  inferenceGauges(inference, { modelName: '', loadFailed: () => false, behind: () => 0, recent: () => Promise.resolve(0), lags: () => [] });
  loadMetrics(inference);
  trainerMetrics(trainer, { lags: () => [], rows: () => [], behind: () => 0 });
  mirrorGauge(trainer)(0);
  const join = createJoinMetrics({ coverage: () => [], mixes: () => [], waiting: () => ({ predictions: 0, held: 0 }), state: () => ({ entries: 0, indexBytes: 0, fileBytes: 0, unsavedBytes: 0 }), lags: () => new Map() }).registry;
  const monitor = createMonitorMetrics(() => [], () => new Map(), () => []).registry;
  const all = { inference, join, monitor, trainer };
  for (const [name, one] of Object.entries(all)) {
    processMetrics(one, '.');
    pulseMetrics(one, name, () => undefined);
    if (name !== 'trainer') heldMetrics(one, name, () => undefined);
  }
  return all;
}
/** Name, help, type and labels of each, in the order they are made. prom-client keeps the labels, its types do not tell. */
export async function describedIn(registry: Registry): Promise<Described[]> {
  const labels = new Map((registry.getMetricsAsArray() as unknown as { readonly name: string; readonly labelNames?: readonly string[] }[]).map(({ name, labelNames = [] }) => [name, labelNames]));
  return (await registry.getMetricsAsJSON()).map(({ name, help, type }) => ({ name, help, type: String(type), labels: labels.get(name) ?? [] }));
}
