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

type Broker = { readonly nodeId: string; readonly connectionPool: { readonly host: string; readonly port: number }; disconnect(): Promise<void> };
type Pool = { readonly brokers: Readonly<Record<string, Broker>>; seedBroker?: Broker; refreshMetadata(topics: readonly string[]): Promise<unknown> };
/** After an outage the stock pool finds its way back over a new seed and keeps the broker that it stands for beside it: from then on every client has one connection more. Here they are one, as at the start: the seed gives way, for others (a group's coordinator) hold on to the broker. */
export const stockPool = replace<new (options: object) => Pool>('cluster/brokerPool', (Stock) => class extends Stock {
  private refreshing = 0;

  override async refreshMetadata(topics: readonly string[]): Promise<unknown> {
    this.refreshing += 1;
    const done = await super.refreshMetadata(topics).finally(() => (this.refreshing -= 1));
    const { seedBroker: seed } = this;
    // Another refresh that is under way may be asking the seed: then the last of them does it.
    if (seed === undefined || this.refreshing > 0) return done;
    const known = Object.values(this.brokers).find(({ connectionPool: { host, port } }) => host === seed.connectionPool.host && port === seed.connectionPool.port);
    if (known === undefined || known === seed) return done;
    this.seedBroker = known;
    await seed.disconnect();
    return done;
  }
});

type Group = {
  lastRequest: number; coordinator: Broker | null; readonly offsetManager: { coordinator: Broker } | null; readonly cluster: { readonly brokerPool: { readonly brokers: Readonly<Record<string, Broker>> } };
  heartbeat(asked: { readonly interval: number }): Promise<void>;
  joinAndSync(): Promise<void>;
};
const UNKNOWN_MEMBER = 25;
/** What a broker answers to the heartbeat of somebody it does not know. */
const unknownMember = (): Error => (loadPart('protocol/error') as { createErrorFromCode(code: number): Error }).createErrorFromCode(UNKNOWN_MEMBER);
/** Three things the stock group does. It counts the time to its next heartbeat by the wall clock: set back, it would send none until the clock has caught up, and fall out of its group.
 *  And when it was thrown out and its joining anew fails (the connection is lost, say, or no answer comes in time), it is tried again to fetch and not to join: without a member id no heartbeat is sent that would tell, and what it fetches is nobody's.
 *  Here the next heartbeat says that it is not a member, and it joins.
 *  And it holds on to the coordinator it has found at its joining: a broker that was away for a moment is made anew in the pool, and the old one is a connection more for ever. */
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
    this.followCoordinator();
    return super.heartbeat(asked);
  }
  private followCoordinator(): void {
    const { coordinator: before, offsetManager } = this;
    const now = before === null ? undefined : this.cluster.brokerPool.brokers[before.nodeId];
    if (now === undefined || now === before) return;
    this.coordinator = now;
    if (offsetManager !== null) offsetManager.coordinator = now;
    before?.disconnect().catch(() => undefined);
  }
});
