// The events as TypeScript sees them. schemas/avro.ts is the same, field by field, for the wire. Times are milliseconds since 1970.

export type Probability = { readonly category: string; readonly probability: number };

/** A text to classify. prediction_id null: the prediction takes product_id. */
export type Product = { readonly product_id: string; readonly prediction_id: string | null; readonly model_name: string; readonly product_description: string; readonly sent_at: number };

/** What the model answered: self-contained. */
export type Prediction = {
  readonly prediction_id: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly product_description: string;
  readonly category: string;
  readonly probabilities: readonly Probability[];
  readonly predicted_at: number;
  readonly audit: boolean;
};

/** What a person says. category null withdraws. */
export type Feedback = { readonly prediction_id: string; readonly feedback_id: string; readonly model_name: string; readonly category: string | null; readonly source: string; readonly given_at: number };

/** A pair, or a change of one. revision 0 always has a label; `previous_label` is what is taken back; label null is a withdrawal. labelled_at, predicted_at are broker times. */
export type Labelled = {
  readonly prediction_id: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly revision: number;
  readonly predicted: string;
  readonly label: string | null;
  readonly previous_label: string | null;
  readonly labelled_at: number;
  readonly previous_labelled_at: number | null;
  readonly predicted_at: number;
  readonly audit: boolean;
  readonly source: string;
};

/** One member of the current labelled set (the training data); a null value on the topic removes it. */
export type Example = {
  readonly prediction_id: string;
  readonly model_name: string;
  readonly model_version: string;
  readonly product_description: string;
  readonly label: string;
  readonly predicted: string;
  readonly revision: number;
  readonly labelled_at: number;
  readonly predicted_at: number;
  readonly source: string;
};

export type Cell = { readonly label: string; readonly predicted: string; readonly count: number };

/** A piece of the monitor's snapshot: cells of one bucket, or (kind `detector`) verdict, detector and episode of one version as JSON. Valid after `labelled_offset` of `labelled_partition`. */
export type Tally = {
  readonly model_name: string;
  readonly model_version: string;
  readonly kind: string;
  readonly bucket_start_ms: number;
  readonly bucket_length_ms: number;
  readonly cells: readonly Cell[];
  readonly state_json: string;
  readonly labelled_partition: number;
  readonly labelled_offset: number;
};

export const RETRAIN_CAUSES = ['bootstrap', 'drift', 'schedule', 'human_feedback', 'train_csv', 'manual', 'rollback'] as const;
/** What an admin says of a run that awaits an approval; it travels as a request with params_json: {run_id, why?} and is no retraining. */
export const DECISIONS = ['approve', 'decline'] as const;
export type RetrainCause = (typeof RETRAIN_CAUSES)[number];

/** An order to stop a job travels by the same topic, with params_json {id}; it has no row of its own. */
export const CANCEL = 'cancel';

/** An order to train. Null where the cause has no such thing. params_json: {epoch_num?, best_model_metric?, train_file_s3?, train_dir_s3?, on_bad_rows?, version? (of a rollback)}. */
export type RetrainRequested = {
  readonly retrain_id: string;
  readonly model_name: string;
  readonly model_version: string | null;
  readonly cause: string;
  readonly requested_at: number;
  readonly requested_by: string;
  readonly threshold: number | null;
  readonly live_f1: number | null;
  readonly evidence_json: string;
  readonly newest_predicted_at: number | null;
  readonly params_json: string;
  readonly force: boolean;
};

/** A model that is to serve. Readers ignore a promotion_seq lower than one they have seen. restored: this version has served before. The `previous_` fields name the promotion of another version before this one, to fall back on where this one cannot be loaded. */
export type ModelPromoted = {
  readonly model_name: string;
  readonly model_version: string;
  readonly promotion_seq: number;
  readonly manifest_uri: string;
  readonly manifest_sha256: string;
  readonly weights_sha256: string;
  readonly run_id: string;
  readonly retrain_id: string;
  readonly cause: string;
  readonly previous_version: string | null;
  readonly categories: readonly string[];
  readonly promoted_at: number;
  readonly restored: boolean;
  readonly previous_promotion_seq: number | null;
  readonly previous_manifest_uri: string | null;
  readonly previous_manifest_sha256: string | null;
  readonly previous_weights_sha256: string | null;
};

/** A record that could not be used, with its original bytes. */
export type DeadLetter = {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
  readonly error: string;
  readonly consumer: string;
  readonly original_key: Uint8Array | null;
  readonly original_value: Uint8Array | null;
  readonly died_at: number;
};

/** What the audit log tells of. */
export const ADMIN_ACTIONS = ['rollback', 'approve', 'decline', 'train', 'cancel', 'resend', 'purge', 'erase'] as const;
export type AdminAction = (typeof ADMIN_ACTIONS)[number];
/** ordered: written before the act. failed, refused: written after it, with the same audit_id, when it came to nothing. */
export const ADMIN_OUTCOMES = ['ordered', 'failed', 'refused'] as const;

/** What an admin did: written and acknowledged before it is done. actor: the name of the token, never the token. */
export type AdminActed = {
  readonly audit_id: string;
  readonly action: string;
  readonly actor: string;
  readonly target: string;
  readonly reason: string;
  readonly outcome: string;
  readonly error: string;
  readonly request_id: string;
  readonly model_name: string;
  readonly details_json: string;
  readonly acted_at: number;
};
