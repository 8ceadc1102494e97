// What kafkajs does wrong over a long life, mended in its place before it is loaded: a timer that never rests, connections after an outage. (Groups: consumers/groupMends.ts.)
import { replace } from './wire/replace.ts';

type RequestQueue = { readonly pending: readonly unknown[]; scheduleCheckPendingRequests(): void };
type StockQueue = new (options: object) => RequestQueue;
/** Once a connection has answered, the stock queue looks every millisecond for ever whether something waits; nothing waits but what `push` has put there, which asks for the look itself. */
replace<StockQueue>('network/requestQueue/index', (Stock) => class extends Stock {
  override scheduleCheckPendingRequests(): void {
    if (this.pending.length > 0) super.scheduleCheckPendingRequests();
  }
});

type Broker = { readonly connectionPool: { readonly host: string; readonly port: number }; disconnect(): Promise<void> };
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
