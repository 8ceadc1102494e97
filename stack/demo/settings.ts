// A small, fast world: short buckets, a small window and a short lease, so that a story of weeks fits into a minute. Shared by the demo and the story test.
export const DEMO_SETTINGS: Readonly<Record<string, string>> = { MIN_F1: '0.90', TRIGGER: 'evidence', BUCKET_MS: '1000', WINDOW_LABELS: '400', MIN_LABELS: '150', COOLDOWN_MS: '600000', LEASE_MS: '6000' };
