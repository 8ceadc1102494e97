// The story of the demo as a pure rule: what was seen → which phase it is in, and how large the share of fresh products is.

export type Seen = {
  readonly elapsedMs: number; readonly servingVersion: string | undefined;
  readonly live: { readonly version: string; readonly status: string; readonly labels: number; readonly f1: number | null; readonly fedLabels: number } | undefined;
  readonly drift: { readonly status: string; readonly outcome: string | null; readonly reason: string | null; readonly newVersion: string | null } | undefined;
};
export type Phase =
  | { readonly name: 'healthy' }
  | { readonly name: 'drifting'; readonly sinceMs: number; readonly f1Before: number; readonly fedBefore: number }
  | { readonly name: 'retraining'; readonly sinceMs: number; readonly f1Before: number; readonly fedBefore: number; readonly driftingSinceMs: number }
  | { readonly name: 'recovering'; readonly sinceMs: number; readonly f1Before: number; readonly fedBefore: number; readonly driftingSinceMs: number; readonly newVersion: string }
  | { readonly name: 'recovered'; readonly sinceMs: number; readonly f1Before: number; readonly fedBefore: number; readonly f1After: number; readonly newVersion: string; readonly driftingSinceMs: number }
  | { readonly name: 'failed'; readonly reason: string };
export type StoryRules = { readonly minF1: number; readonly healthyLabels: number; readonly recoveredLabels: number; readonly rampMs: number; readonly maxFreshShare: number; readonly deadlineMs: number };

export function nextPhase(phase: Phase, seen: Seen, rules: StoryRules): Phase {
  if (phase.name === 'recovered' || phase.name === 'failed') return phase;
  if (seen.elapsedMs > rules.deadlineMs) return { name: 'failed', reason: `the story did not end within ${rules.deadlineMs / 1000} s; it stopped while ${phase.name}` };
  const { live, drift, elapsedMs } = seen;
  switch (phase.name) {
    case 'healthy':
      if (drift !== undefined) return { name: 'failed', reason: 'a retraining was ordered before the drift began' };
      return live !== undefined && live.status === 'healthy' && live.f1 !== null && live.labels >= rules.healthyLabels ? { name: 'drifting', sinceMs: elapsedMs, f1Before: live.f1, fedBefore: live.fedLabels } : phase;
    case 'drifting':
      return drift === undefined ? phase : { name: 'retraining', sinceMs: elapsedMs, f1Before: phase.f1Before, fedBefore: phase.fedBefore, driftingSinceMs: phase.sinceMs };
    case 'retraining':
      if (drift?.outcome != null && drift.outcome !== 'promoted') return { name: 'failed', reason: `the retraining ended as ${drift.outcome}: ${drift.reason ?? ''}` };
      return drift?.outcome === 'promoted' && drift.newVersion !== null && seen.servingVersion === drift.newVersion ? { ...phase, name: 'recovering', sinceMs: elapsedMs, newVersion: drift.newVersion } : phase;
    case 'recovering':
      return live !== undefined && live.version === phase.newVersion && live.f1 !== null && live.labels >= rules.recoveredLabels && live.f1 >= rules.minF1 ? { ...phase, name: 'recovered', sinceMs: elapsedMs, f1After: live.f1 } : phase;
  }
}

/** 0 before the drift, then rising evenly to the largest share. */
export function freshShareAt(phase: Phase, elapsedMs: number, { rampMs, maxFreshShare }: StoryRules): number {
  switch (phase.name) {
    case 'healthy':
    case 'failed':
      return 0;
    case 'drifting':
      return Math.min(1, (elapsedMs - phase.sinceMs) / rampMs) * maxFreshShare;
    case 'retraining':
    case 'recovering':
    case 'recovered':
      return Math.min(1, (elapsedMs - phase.driftingSinceMs) / rampMs) * maxFreshShare;
  }
}

/** What Alertmanager says of the fall. */
export type Alert = { readonly status: 'silent' } | { readonly status: 'firing'; readonly heardMs: number } | { readonly status: 'over'; readonly heardMs: number; readonly overMs: number };
/** firing: whether it lists the alert now; undefined when it does not answer. */
export function nextAlert(alert: Alert, firing: boolean | undefined, elapsedMs: number): Alert {
  switch (alert.status) {
    case 'silent':
      return firing === true ? { status: 'firing', heardMs: elapsedMs } : alert;
    case 'firing':
      return firing === false ? { status: 'over', heardMs: alert.heardMs, overMs: elapsedMs } : alert;
    case 'over':
      return alert;
  }
}
