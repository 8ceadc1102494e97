// How busy the process is, as metrics: what waits for an answer, what was refused, how large batches are, how long the broker takes.
import { Counter, Gauge, Histogram, type Registry as Metrics } from 'prom-client';
import type { Load } from '../../producers/groupCommit.ts';

export type LoadMetrics = {
  readonly shed: (queue: 'predict' | 'publish') => void;
  readonly batch: (rows: number) => void;
  readonly produce: (seconds: number, messages: number) => void;
  /** Tells from now on what is open. */
  watch(queue: 'predict' | 'publish', load: () => Load): void;
};

export function loadMetrics(metrics: Metrics): LoadMetrics {
  const registers = [metrics];
  const loads = new Map<string, () => Load>();
  const shed = new Counter({ name: 'loop_shed_total', help: 'Requests refused with 503 because too much was open', labelNames: ['queue'], registers });
  const rows = new Histogram({ name: 'loop_batch_rows', help: 'Texts scored together', buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000], registers });
  const produced = new Histogram({ name: 'loop_produce_seconds', help: 'From handing a group of events to Kafka to its acknowledgement', buckets: [0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.125, 0.25, 0.5, 1, 4], registers });
  const together = new Histogram({ name: 'loop_produce_messages', help: 'Events that travelled together', buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000], registers });
  const open = (name: string, help: string, of: (load: Load) => number): Gauge => new Gauge({
    name, help, labelNames: ['queue'], registers,
    collect() {
      for (const [queue, load] of loads) this.set({ queue }, of(load()));
    },
  });
  open('loop_queue_requests', 'Requests that are not answered yet (predict) and sends that are not settled (publish)', ({ sends }) => sends);
  open('loop_queue_bytes', 'Bytes that they hold', ({ bytes }) => bytes);
  open('loop_queue_in_flight', 'Batches and sends under way', ({ inFlight }) => inFlight);
  for (const queue of ['predict', 'publish']) shed.inc({ queue }, 0);
  return {
    shed: (queue) => shed.inc({ queue }), batch: (count) => rows.observe(count),
    produce(seconds, messages) {
      produced.observe(seconds);
      together.observe(messages);
    },
    watch: (queue, load) => void loads.set(queue, load),
  };
}
