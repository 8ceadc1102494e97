// The mirror from settings: what main.ts starts and calls.
import type { Registry as Metrics } from 'prom-client';
import type { Log } from '../../producers/kafka.ts';
import type { Settings } from '../../schemas/settings.ts';
import { mirrorGauge } from '../metrics.ts';
import { createTracking } from './client.ts';
import { startMirror, type Mirror } from './keepUp.ts';
import { createMirrored } from './mirrored.ts';
import type { Objects } from './mirror.ts';

const CALL_MS = 10_000;

/** undefined when MLFLOW_TRACKING_URI is empty. */
export function mirrorTo({ settings, objects, log, metrics }: { settings: Settings; objects: Objects; log: Log; metrics: Metrics }): Mirror | undefined {
  if (settings.mlflowUri === '') return undefined;
  const abort = new AbortController();
  const mlflow = createTracking({ uri: settings.mlflowUri, fetch, timeoutMs: CALL_MS, signal: abort.signal });
  return startMirror({ mirrored: createMirrored(settings), edges: { mlflow, objects }, log, onBehind: mirrorGauge(metrics), abort });
}
