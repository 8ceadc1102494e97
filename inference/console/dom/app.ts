// What every page is given: who is there, how to ask, what the service tells as it happens.
import type { Command } from '../rules/keys.ts';
import { remember, type Seen } from '../rules/evidence.ts';
import { emptyQueue, type Queue } from '../rules/queue.ts';
import { servingVersion } from '../rules/statusLine.ts';
import { noTrials, type Trials } from '../rules/trial.ts';
import type { History, Live, Models, Run, Who } from '../rules/wire.ts';
import type { Client } from './client.ts';
import type { Line } from './stream.ts';

export type Feed = { line: Line; live: Live | undefined; history: History | undefined; models: Models | undefined; runs: readonly Run[] | undefined; seen: readonly Seen[] };
export const emptyFeed = (): Feed => ({ line: { status: 'connecting' }, live: undefined, history: undefined, models: undefined, runs: undefined, seen: [] });
/** What pages remember while one looks at others; it ends with the session. */
export type Memory = { trials: Trials; queue: Queue; saidAtMs: readonly number[] };
export const emptyMemory = (): Memory => ({ trials: noTrials, queue: emptyQueue('least_certain'), saidAtMs: [] });
export type App = { readonly who: Who; readonly client: Client; readonly feed: Feed; readonly memory: Memory; readonly newId: () => string; readonly nowMs: () => number };
/** A page in `place`: drawn when it opens and whenever the feed has moved; true from `command`: it was for this page. */
export type Page = { draw(): void; command?(command: Command): boolean; close?(): void };
export type OpenPage = (place: HTMLElement, app: App) => Page;

export const isAdmin = ({ who }: App): boolean => who.scopes.includes('admin');

/** One event of the stream into the feed. */
export function take(feed: Feed, event: string, data: unknown, nowMs: number): void {
  switch (event) {
    case 'live': {
      feed.live = data as Live;
      const version = servingVersion(feed.live);
      if (version !== undefined) feed.seen = remember(feed.seen, { atMs: nowMs, version: version.model_version, value: version.evidence.statistic });
      return;
    }
    case 'models':
      feed.models = data as Models;
      return;
    case 'runs':
      feed.runs = (data as { readonly jobs: readonly Run[] }).jobs.filter(({ kind }) => kind !== 'batch');
  }
}
