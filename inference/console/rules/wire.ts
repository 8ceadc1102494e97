// What the pages read of the service's answers. Fields that an older or a busy service leaves out are optional here, and the pages say "not told".

export type Probability = { readonly category: string; readonly probability: number };
export type Scope = 'predict' | 'feedback' | 'train' | 'admin';
export type Who = { readonly name: string; readonly scopes: readonly Scope[]; readonly model_name: string; readonly categories: readonly string[]; readonly service_version: string };

export type Prediction = { readonly prediction_id: string; readonly category: string; readonly probabilities: readonly Probability[]; readonly model_version: string; readonly predicted_at: number; readonly audit: boolean };
export type LeasedItem = Prediction & { readonly product_description: string; readonly leased_until: number };
export type Lease = { readonly items: readonly LeasedItem[]; readonly waiting: number };
export type Progress = { readonly labelled: number; readonly corrected: number; readonly withdrawn: number; /** of this token */ readonly by_me?: number };
export type Example = Prediction & { readonly product_description: string; readonly status: string; readonly label: string | null };

export type Band = readonly [low: number, high: number];
export type Cell = { readonly label: string; readonly predicted: string; readonly count: number };
export type ClassScore = { readonly category: string; readonly f1: number | null; readonly support: number; readonly band: Band | null };
export type Version = {
  readonly model_version: string; readonly status: string; readonly status_since?: number; readonly reasons: readonly string[]; readonly labels: number; readonly labels_total?: number;
  readonly weighted_f1: number | null; readonly macro_f1?: number | null; readonly band: Band | null; readonly classes: readonly ClassScore[];
  readonly threshold: number; readonly class_threshold?: number | null; readonly episode: number; readonly resting: boolean; readonly pending: boolean; readonly last_labelled_at?: number;
  readonly evidence: { readonly statistic: number; readonly alarm_at: number; readonly detectors: Readonly<Record<string, number>>; readonly labels_since_last_alarm: number };
  readonly window_cells: readonly Cell[]; readonly audit?: { readonly weighted_f1: number | null; readonly band: Band | null; readonly labels: number };
};
export type Serving = { readonly model_name: string; readonly model_version: string; readonly promotion_seq: number; readonly weights_sha256: string; readonly categories: readonly string[] };
export type Join = { readonly coverage?: number | null; readonly audit_coverage?: number | null; readonly label_delay_seconds?: { readonly p50: number | null; readonly p90: number | null; readonly p99: number | null } | null; readonly waiting?: number | null };
export type Live = { readonly serving: Serving | null; readonly live: { readonly models: readonly Version[] }; readonly join?: Join | null };
export type Bucket = { readonly start_ms: number; readonly length_ms: number; readonly labels: number; readonly weighted_f1: number | null; readonly band: Band | null };
export type VersionHistory = { readonly model_version: string; readonly buckets: readonly Bucket[] };
export type History = { readonly models: readonly VersionHistory[] };

export type Promotion = { readonly promotion_seq: number; readonly cause: string; readonly reason: string | null; readonly promoted_at: string | null };
export type PromotedVersion = { readonly model_version: string; readonly run_id: string; readonly f1: number | null; readonly min_f1: number | null; readonly removed_at: string | null; readonly promotions: readonly Promotion[] };
export type Models = { readonly models: readonly Serving[]; readonly versions: readonly PromotedVersion[] | null; readonly versions_unavailable?: string };

/** challenger less champion; limit: how far below 0 the gate lets it lie; null: not judged. */
export type Delta = { readonly champion: number; readonly challenger: number; readonly delta: number; readonly band: Band; readonly support: number; readonly limit: number | null; readonly holds: boolean | null };
export type Compared = { readonly rows: number; readonly weighted: Delta | null; readonly categories: readonly (Delta & { readonly category: string })[]; readonly gained: number; readonly lost: number; readonly p_value: number };
export type Contest = { readonly challenger: string; readonly version: string | null; readonly hold_out: Compared; readonly recent: Compared };
/** Of a run that came to the gate; one that did not has less, or none. counts: rows of its dataset, by where they are from. */
export type Report = { readonly verdict?: { readonly reasons: readonly string[]; readonly warnings: readonly string[] }; readonly contests?: readonly Contest[]; readonly counts?: Readonly<Record<string, number>> };
export type Epoch = { readonly epoch: number; readonly epochs: number; readonly loss: number; readonly f1: number | null };
export type Run = {
  readonly id: string; readonly kind: string; readonly retrain_id: string; readonly cause: string; readonly status: 'PENDING' | 'RUNNING' | 'FINISHED' | 'FAILED'; readonly stage?: string | null;
  readonly outcome: string | null; readonly outcome_reason?: string | null; readonly model_version?: string | null; readonly champion_version?: string | null; readonly f1?: number | null; readonly champion_f1?: number | null; readonly live_f1?: number | null; readonly threshold?: number | null;
  readonly requested_at?: string; readonly finished_at?: string | null; readonly duration_ms?: number | null; readonly approval?: string | null; readonly approve_until?: string | null; readonly params?: Readonly<Record<string, unknown>>;
};
export type WholeRun = Run & { readonly report?: Report | null; readonly dataset_hash?: string | null; readonly dataset_path?: string | null; readonly request?: { readonly requested_by?: string } | null; readonly decided_by?: string | null; readonly decided_why?: string | null; readonly progress?: readonly Epoch[] | null };

export type DeadLetter = {
  readonly id: string; readonly topic: string; readonly partition: number; readonly offset: number; readonly reason: string; readonly error: string; readonly at_ms: number; readonly key: string | null;
  readonly bytes_base64: string | null; readonly length: number; readonly text: string | null; readonly resent: boolean;
};
/** purged: or, of a dry run, what would be. in_log: purged and still in Kafka. complete: false where there were too many to count. */
export type Purged = { readonly status: 'purged' | 'counted'; readonly purged: number; readonly in_log: number; readonly kept: number; readonly complete: boolean };
export type DeadLetters = { readonly items: readonly DeadLetter[]; readonly next: string | null };

/** A problem document, or what stands for one where no answer came. status 0: none came. */
export type Problem = { readonly status: number; readonly title: string; readonly detail: string };
