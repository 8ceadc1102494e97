// When an alarm opens an episode: one retraining order per episode, then rest, and never more than a few a day. Every time is stream time.

export type EpisodeState = {
  /** number of the last episode, 0 before the first */
  readonly episode: number;
  readonly restUntilMs: number;
  /** an alarm that waits for the daily cap */
  readonly pending: boolean;
};
export const beforeFirstEpisode: EpisodeState = { episode: 0, restUntilMs: Number.MIN_SAFE_INTEGER, pending: false };
const DAY_MS = 86_400_000;

export type Decision = { readonly status: 'quiet' | 'resting' } | { readonly status: 'pending'; readonly state: EpisodeState } | { readonly status: 'opened'; readonly state: EpisodeState };

// Said at nearly every label.
const RESTING: Decision = { status: 'resting' };
const QUIET: Decision = { status: 'quiet' };

/** openedAtMs: when this model's last episodes were opened, any version. */
export function decideEpisode(state: EpisodeState, alarm: boolean, nowMs: number, openedAtMs: readonly number[], rules: { readonly cooldownMs: number; readonly maxRetrainsPerDay: number }): Decision {
  if (nowMs < state.restUntilMs) return RESTING;
  if (!alarm && !state.pending) return QUIET;
  let today = 0;
  for (const at of openedAtMs) if (at > nowMs - DAY_MS) today += 1;
  if (today >= rules.maxRetrainsPerDay) return { status: 'pending', state: { ...state, pending: true } };
  return { status: 'opened', state: { episode: state.episode + 1, restUntilMs: nowMs + rules.cooldownMs, pending: false } };
}
