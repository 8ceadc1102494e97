// What kafkajs does wrong over a long life, mended in its place before it is loaded: a timer that never rests, connections after an outage, heartbeats when the clock is set back, a joining that failed.
import { loadPart, replace } from './wire/replace.ts';

type RequestQueue = { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };
type StockQueue = new (options: object) => RequestQueue;
/** Once a connection has answered, the stock queue looks every millisecond for ever whether something waits; nothing waits but what `push` has put there, which asks for the look itself. */
replace<StockQueue>('network/requestQueue/index', (Stock) => class extends Stock {
  override scheduleCheckPendingRequests(): void {
    if (this.pending.length > 0) super.scheduleCheckPendingRequests();
  }
});

type Broker = { nodeId: unknown; readonly connectionPool: { readonly host: string; readonly port: number; rack?: unknown }; isConnected(): boolean };
type Pool = { brokers: Record<string, Broker>; readonly seedBroker?: Broker; refreshMetadata(topics: readonly string[]): Promise<unknown> };
/** After an outage the stock pool finds its way back over a new seed and keeps the broker that it stands for beside it: from then on every client has one connection more. Here the seed takes the place of that broker, as at the start. */
export const stockPool = replace<new (options: object) => Pool>('cluster/brokerPool', (Stock) => class extends Stock {
  override async refreshMetadata(topics: readonly string[]): Promise<unknown> {
    const done = await super.refreshMetadata(topics);
    const { seedBroker: seed } = this;
    for (const [nodeId, broker] of Object.entries(this.brokers)) {
      if (seed === undefined || broker === seed || broker.isConnected() || broker.connectionPool.host !== seed.connectionPool.host || broker.connectionPool.port !== seed.connectionPool.port) continue;
      seed.nodeId = broker.nodeId;
      seed.connectionPool.rack = broker.connectionPool.rack;
      this.brokers[nodeId] = seed;
    }
    return done;
  }
});

type Group = { lastRequest: number; heartbeat(asked: { readonly interval: number }): Promise<void>; joinAndSync(): Promise<void> };
const UNKNOWN_MEMBER = 25;
/** What a broker answers to the heartbeat of somebody it does not know. */
const unknownMember = (): Error => (loadPart('protocol/error') as { createErrorFromCode(code: number): Error }).createErrorFromCode(UNKNOWN_MEMBER);
/** Two things the stock group does. It counts the time to its next heartbeat by the wall clock: set back, it would send none until the clock has caught up, and fall out of its group.
 *  And when it was thrown out and its joining anew fails (the connection is lost, say, or no answer comes in time), it is tried again to fetch and not to join: without a member id no heartbeat is sent that would tell, and what it fetches is nobody's.
 *  Here the next heartbeat says that it is not a member, and it joins. */
export const stockGroup = replace<new (options: object) => Group>('consumer/consumerGroup', (Stock) => class extends Stock {
  private outside = false;

  override async joinAndSync(): Promise<void> {
    this.outside = true;
    await super.joinAndSync();
    this.outside = false;
  }
  override heartbeat(asked: { readonly interval: number }): Promise<void> {
    if (this.outside) return Promise.reject(unknownMember());
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    return super.heartbeat(asked);
  }
});
