// The mirror from settings: what main.ts starts and calls.
import { Gauge, type Registry as Metrics } from 'prom-client';
import type { Log } from '../../producers/kafka.ts';
import type { Settings } from '../../schemas/settings.ts';
import { createTracking } from './client.ts';
import { startMirror, type Mirror } from './keepUp.ts';
import { createMirrored } from './mirrored.ts';
import type { Objects } from './mirror.ts';

const CALL_MS = 10_000;

/** undefined when MLFLOW_TRACKING_URI is empty. */
export function mirrorTo({ settings, objects, log, metrics }: { settings: Settings; objects: Objects; log: Log; metrics: Metrics }): Mirror | undefined {
  if (settings.mlflowUri === '') return undefined;
  // Made with its first value: until it is known the figure is absent, not 0.
  let behind: Gauge | undefined;
  const tellBehind = (rows: number): void => (behind ??= new Gauge({ name: 'loop_mlflow_behind', help: 'Ended rows of auto_training that MLflow has not been told', registers: [metrics] })).set(rows);
  const abort = new AbortController();
  const mlflow = createTracking({ uri: settings.mlflowUri, fetch, timeoutMs: CALL_MS, signal: abort.signal });
  return startMirror({ mirrored: createMirrored(settings), edges: { mlflow, objects }, log, onBehind: tellBehind, abort });
}
