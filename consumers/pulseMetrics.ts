// What a process tells of its broker and of consumers that had to be started again.
import { Counter, Gauge, type Registry as Metrics } from 'prom-client';
import type { Pulse } from './pulse.ts';
import type { Shards } from './shards.ts';

/** Nothing is told before there is a pulse. */
export function pulseMetrics(metrics: Metrics, process: string, pulse: () => Pick<Pulse, 'silentMs' | 'restarts'> | undefined): void {
  new Gauge({
    name: 'loop_broker_silent_seconds', help: 'How long Kafka has not answered this process; 0: it answers', labelNames: ['process'], registers: [metrics],
    collect() {
      this.reset();
      const ms = pulse()?.silentMs();
      if (ms !== undefined) this.set({ process }, ms / 1000);
    },
  });
  new Counter({
    name: 'loop_watchdog_restarts_total', help: 'Consumers started again in place: they gave no sign for STALL_MS although records waited', labelNames: ['process', 'consumer'], registers: [metrics],
    collect() {
      this.reset();
      for (const [consumer, count] of pulse()?.restarts() ?? []) this.inc({ process, consumer }, count);
    },
  });
}
/** Partitions that stand still until somebody acts. */
export function heldMetrics(metrics: Metrics, process: string, shards: () => Pick<Shards, 'held'> | undefined): void {
  new Gauge({
    name: 'loop_partitions_held', help: '1 for a partition number that stands still because a topic of its was deleted, made anew or cut off; its log says what to do', labelNames: ['process', 'partition', 'code'], registers: [metrics],
    collect() {
      this.reset();
      for (const [partition, { code }] of shards()?.held() ?? []) this.set({ process, partition: String(partition), code }, 1);
    },
  });
}
