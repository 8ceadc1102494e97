// What a member of a kafkajs group does wrong, mended in its place before kafkajs is loaded: heartbeats when the clock is set back, a joining that failed, a coordinator that was away or is not known.
import { loadPart, replace } from '../producers/wire/replace.ts';

type Broker = { readonly nodeId: string; disconnect(): Promise<void> };
type Group = {
  lastRequest: number; coordinator: Broker | null;
  readonly groupId: string; readonly memberId: string | null; readonly offsetManager: { coordinator: Broker } | null; readonly instrumentationEmitter: { emit(name: string, payload: object): void };
  readonly cluster: { readonly brokerPool: { readonly brokers: Readonly<Record<string, Broker>> } };
  heartbeat(asked: { readonly interval: number }): Promise<void>;
  joinAndSync(): Promise<void>;
};
const { REBALANCING } = (loadPart('consumer/instrumentationEvents') as { events: { REBALANCING: string } }).events;
const { KafkaJSError } = loadPart('errors') as { KafkaJSError: new (cause: Error, options: { readonly retriable: boolean }) => Error };
const UNKNOWN_MEMBER = 25;
/** What a broker answers to the heartbeat of somebody it does not know. */
const unknownMember = (): Error => (loadPart('protocol/error') as { createErrorFromCode(code: number): Error }).createErrorFromCode(UNKNOWN_MEMBER);
/** A broker that goes or comes may know of no coordinator at that moment. The client takes that for a failure that will not pass, and ends the consumer. */
function passing(error: unknown): unknown {
  return error instanceof Error && error.name === 'KafkaJSGroupCoordinatorNotFound' ? new KafkaJSError(error, { retriable: true }) : error;
}

export const stockGroup = replace<new (options: object) => Group>('consumer/consumerGroup', (Stock) => class extends Stock {
  private outside = false;

  /** When a member was thrown out and its joining anew fails (the connection is lost, say, or no answer comes in time), the stock one is told to fetch again, not to join: without a member id no heartbeat is sent that would tell, and it fetches on for nobody.
   *  Here the next heartbeat says that it is no member, and it joins. And whoever listens hears that it is outside, also when it was thrown out. */
  override async joinAndSync(): Promise<void> {
    this.outside = true;
    const { groupId, memberId } = this;
    this.instrumentationEmitter.emit(REBALANCING, { groupId, memberId });
    await super.joinAndSync().catch((error: unknown) => {
      throw passing(error);
    });
    this.outside = false;
  }
  override heartbeat(asked: { readonly interval: number }): Promise<void> {
    if (this.outside) return Promise.reject(unknownMember());
    // The stock one counts the time to its next heartbeat by the wall clock: set back, it would send none until the clock has caught up, and fall out of its group.
    if (this.lastRequest > Date.now()) this.lastRequest = 0;
    this.followCoordinator();
    return super.heartbeat(asked);
  }
  /** A broker that was away for a moment is made anew in the pool. The stock group holds on to the one it found at its joining: a connection more for ever. */
  private followCoordinator(): void {
    const { coordinator: before, offsetManager } = this;
    const now = before === null ? undefined : this.cluster.brokerPool.brokers[before.nodeId];
    if (now === undefined || now === before) return;
    this.coordinator = now;
    if (offsetManager !== null) offsetManager.coordinator = now;
    before?.disconnect().catch(() => undefined);
  }
});
