// What every process tells of itself: how late its event loop is, what it holds, and how much room is left where its data lies.
import { statfs } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { Worker } from 'node:worker_threads';
import { Gauge, type Registry as Metrics } from 'prom-client';

const QUANTILES = { '0.5': 50, '0.99': 99, '0.999': 99.9 } as const;

function eventLoopDelay(metrics: Metrics): void {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  new Gauge({
    name: 'loop_event_loop_delay_seconds', help: 'How late the event loop is, since the last scrape', labelNames: ['quantile'], registers: [metrics],
    collect() {
      // The timer's own resolution is not a delay.
      const seconds = (nanoseconds: number): number => (Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / 1e9 - 0.01) : 0);
      for (const [quantile, percentile] of Object.entries(QUANTILES)) this.set({ quantile }, seconds(delay.percentile(percentile)));
      this.set({ quantile: '1' }, seconds(delay.max));
      delay.reset();
    },
  });
}

/** A folder that cannot be looked at gives no figure. */
function disk(metrics: Metrics, dataDir: string): void {
  const gauge = (name: string, help: string, read: (of: { readonly bavail: number; readonly blocks: number }) => number): void => {
    // With a label, though there is one volume: a gauge without labels is there as 0 before anything is known.
    new Gauge({
      name, help, labelNames: ['volume'], registers: [metrics],
      async collect() {
        this.reset();
        const found = await statfs(dataDir).catch(() => undefined);
        if (found !== undefined) this.set({ volume: 'data' }, read(found) * found.bsize);
      },
    });
  };
  gauge('loop_disk_free_bytes', 'Bytes free for us on the volume of the data folder', ({ bavail }) => bavail);
  gauge('loop_disk_size_bytes', 'Its size', ({ blocks }) => blocks);
}

/** Room the heaps of all worker threads take, and what lies outside them: no other figure holds them but `resident`. */
function threads(): () => Promise<{ readonly room: number; readonly external: number }> {
  const alive = new Set<Worker>();
  process.on('worker', (worker) => {
    alive.add(worker);
    worker.once('exit', () => alive.delete(worker));
  });
  return async () => {
    // One that ends meanwhile holds nothing any more.
    const all = await Promise.all([...alive].map((worker) => worker.getHeapStatistics().catch(() => undefined)));
    return { room: all.reduce((sum, one) => sum + (one?.total_heap_size ?? 0), 0), external: all.reduce((sum, one) => sum + (one?.external_memory ?? 0), 0) };
  };
}

/** What grows in a process that leaks: memory by kind, and what keeps its event loop alive (sockets, timers, requests). Worker threads have loops of their own, which are not seen. */
function held(metrics: Metrics): void {
  const ofThreads = threads();
  new Gauge({
    name: 'loop_memory_bytes', help: 'Memory of the process: resident; heap in use, room taken for the heap and for its young, and what lies outside the heap; room and outside of the heaps of its worker threads', labelNames: ['kind'], registers: [metrics],
    async collect() {
      const { room, external: outside } = await ofThreads();
      this.set({ kind: 'threads_room' }, room);
      this.set({ kind: 'threads_external' }, outside);
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      this.set({ kind: 'resident' }, rss);
      this.set({ kind: 'heap' }, heapUsed);
      this.set({ kind: 'heap_room' }, heapTotal);
      this.set({ kind: 'young_room' }, getHeapSpaceStatistics().find((one) => one.space_name === 'new_space')?.space_size ?? 0);
      this.set({ kind: 'external' }, external);
    },
  });
  new Gauge({
    name: 'loop_active_resources', help: 'What keeps the event loop alive: sockets, timers, requests under way', labelNames: ['type'], registers: [metrics],
    collect() {
      this.reset();
      for (const [type, list] of Map.groupBy(process.getActiveResourcesInfo(), (one) => one)) this.set({ type }, list.length);
    },
  });
}

export function processMetrics(metrics: Metrics, dataDir: string): void {
  eventLoopDelay(metrics);
  held(metrics);
  disk(metrics, dataDir);
}
