// What a fault of the network means for the connections that pass through a proxy: pure, so that the table of faults and the proxy speak of the same things.
export type Fault =
  | { readonly kind: 'none' }
  /** Every piece arrives so much later, both ways. */
  | { readonly kind: 'latency'; readonly delayMs: number }
  /** Connections are reset, new ones refused. */
  | { readonly kind: 'cut' }
  /** What is asked arrives and is done; no answer comes back, on old connections and on new ones. */
  | { readonly kind: 'half-open' }
  /** Nothing arrives either way, nothing is closed. */
  | { readonly kind: 'black hole' }
  /** The connections that stand go silent for good, as when a gateway forgets them; new ones pass. */
  | { readonly kind: 'lost connections' }
  /** Cut and whole in turn. */
  | { readonly kind: 'flap'; readonly everyMs: number };
export type FaultKind = Exclude<Fault['kind'], 'none'>;
export const NO_FAULT: Fault = { kind: 'none' };

export type Rule = {
  /** New connections. */
  readonly accepts: boolean;
  /** Connections that stand when the fault begins. */
  readonly resets: boolean;
  readonly toServer: 'passes' | 'held';
  readonly toClient: 'passes' | 'held';
  readonly delayMs: number;
  /** Whom all this is for. */
  readonly appliesTo: 'all' | 'standing';
  /** Connections that stand when it ends. A peer that never heard the answers has forgotten us; a path that comes back delivers what was under way. */
  readonly afterwards: 'go on' | 'reset';
};
const WHOLE: Rule = { accepts: true, resets: false, toServer: 'passes', toClient: 'passes', delayMs: 0, appliesTo: 'all', afterwards: 'go on' };

export function ruleOf(fault: Fault): Rule {
  switch (fault.kind) {
    case 'none': return WHOLE;
    case 'latency': return { ...WHOLE, delayMs: fault.delayMs };
    case 'cut': return { ...WHOLE, accepts: false, resets: true };
    case 'half-open': return { ...WHOLE, toClient: 'held', afterwards: 'reset' };
    case 'black hole': return { ...WHOLE, toServer: 'held', toClient: 'held' };
    case 'lost connections': return { ...WHOLE, toServer: 'held', toClient: 'held', appliesTo: 'standing', afterwards: 'reset' };
    case 'flap': return ruleOf({ kind: 'cut' });
  }
}
/** What holds `sinceMs` after a fault began: a flap begins with the cut. */
export const faultAt = (fault: Fault, sinceMs: number): Fault => (fault.kind === 'flap' && Math.floor(sinceMs / fault.everyMs) % 2 === 1 ? NO_FAULT : fault);
