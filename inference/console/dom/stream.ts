// The service's events as they come: read, torn, taken up again, for as long as the session lasts.
import { pauseMs, readEvents, startReading, type ServerEvent } from '../rules/sse.ts';
import { unreachable } from '../rules/problem.ts';
import type { Problem } from '../rules/wire.ts';
import type { Client } from './client.ts';

export type Line = { readonly status: 'connecting' | 'live' } | { readonly status: 'waiting'; readonly problem: Problem };
/** Heartbeats come every 15 s: so long without any means that nobody is there. */
const SILENT_MS = 40_000;

/** Returns what ends it. */
export function listen(client: Client, path: string, onEvent: (event: ServerEvent) => void, onLine: (line: Line) => void): () => void {
  const ended = new AbortController();
  let failures = 0;
  let retryMs: number | undefined;
  async function once(): Promise<Problem> {
    const attempt = new AbortController();
    const stop = (): void => attempt.abort();
    ended.signal.addEventListener('abort', stop);
    let watch = setTimeout(stop, SILENT_MS);
    try {
      const opened = await client.open(path, attempt.signal);
      if (!opened.ok) return opened.problem;
      let reading = startReading;
      const reader = opened.value.pipeThrough<string>(new TextDecoderStream()).getReader();
      onLine({ status: 'live' });
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return unreachable;
        failures = 0;
        clearTimeout(watch);
        watch = setTimeout(stop, SILENT_MS);
        const read = readEvents(reading, value);
        reading = read.reading;
        retryMs = reading.retryMs ?? retryMs;
        for (const event of read.events) onEvent(event);
      }
    } catch {
      return unreachable;
    } finally {
      clearTimeout(watch);
      ended.signal.removeEventListener('abort', stop);
    }
  }
  async function keep(): Promise<void> {
    while (!ended.signal.aborted) {
      if (failures === 0) onLine({ status: 'connecting' });
      const problem = await once();
      if (ended.signal.aborted) return;
      failures += 1;
      onLine({ status: 'waiting', problem });
      await new Promise((resolve) => setTimeout(resolve, pauseMs(failures, retryMs)));
    }
  }
  void keep();
  return () => ended.abort();
}
