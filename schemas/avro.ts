// The Avro schemas: the contract with clients in any language. Every non-identity field has a default and there are no
// enums, so FULL_TRANSITIVE lets both sides grow. Subjects are `<topic>-value`.
import type { TopicName } from './topics.ts';

type Field = { name: string; type: unknown; default?: unknown; doc?: string };
export type RecordSchema = { type: 'record'; name: string; namespace: string; doc: string; fields: Field[] };

const id = (name: string, doc = ''): Field => ({ name, type: 'string', doc });
const text = (name: string, doc = ''): Field => ({ name, type: 'string', default: '', doc });
const maybeText = (name: string, doc = ''): Field => ({ name, type: ['null', 'string'], default: null, doc });
const time = (name: string, doc = ''): Field => ({ name, type: { type: 'long', logicalType: 'timestamp-millis' }, default: 0, doc });
const maybeTime = (name: string, doc = ''): Field => ({ name, type: ['null', { type: 'long', logicalType: 'timestamp-millis' }], default: null, doc });
const long = (name: string, doc = ''): Field => ({ name, type: 'long', default: 0, doc });
const maybeLong = (name: string, doc = ''): Field => ({ name, type: ['null', 'long'], default: null, doc });
const int = (name: string, doc = ''): Field => ({ name, type: 'int', default: 0, doc });
const flag = (name: string, doc = ''): Field => ({ name, type: 'boolean', default: false, doc });
const maybeNumber = (name: string, doc = ''): Field => ({ name, type: ['null', 'double'], default: null, doc });
const maybeBytes = (name: string, doc = ''): Field => ({ name, type: ['null', 'bytes'], default: null, doc });
const model = text('model_name', 'empty: the default model');
const version = text('model_version');
const record = (name: string, doc: string, fields: Field[]): RecordSchema => ({ type: 'record', name, namespace: 'loop.v1', doc, fields });
const list = (name: string, items: unknown): Field => ({ name, type: { type: 'array', items }, default: [] });
const inner = (name: string, fields: Field[]): unknown => ({ type: 'record', name, namespace: 'loop.v1', fields });

export const AVRO: Readonly<Record<TopicName, RecordSchema>> = {
  products: record('Product', 'A text to classify.', [
    id('product_id'),
    maybeText('prediction_id', 'null: the prediction takes product_id'),
    model,
    text('product_description'),
    time('sent_at'),
  ]),
  predictions: record('Prediction', 'What the model answered.', [
    id('prediction_id'),
    model,
    version,
    text('product_description', 'the text that was scored'),
    text('category'),
    list('probabilities', inner('Probability', [text('category'), { name: 'probability', type: 'double', default: 0 }])),
    time('predicted_at'),
    flag('audit', 'true: chosen at random for verification'),
  ]),
  feedback: record('Feedback', 'What a person says about a prediction.', [
    id('prediction_id'),
    id('feedback_id', 'the same id again is counted and ignored'),
    model,
    maybeText('category', 'null withdraws'),
    text('source'),
    time('given_at'),
  ]),
  labelled: record('Labelled', 'A prediction with its label, or a change of the label.', [
    id('prediction_id'),
    model,
    version,
    int('revision', 'counts from 0'),
    text('predicted'),
    maybeText('label', 'null: withdrawn'),
    maybeText('previous_label', 'what this revision takes back'),
    time('labelled_at', 'broker time, the later of the two inputs'),
    maybeTime('previous_labelled_at'),
    time('predicted_at', 'broker time'),
    flag('audit'),
    text('source'),
  ]),
  examples: record('Example', 'One member of the current labelled set.', [
    id('prediction_id'),
    model,
    version,
    text('product_description'),
    text('label'),
    text('predicted'),
    int('revision'),
    time('labelled_at'),
    time('predicted_at'),
    text('source'),
  ]),
  tallies: record('Tally', "A piece of the monitor's snapshot.", [
    id('model_name'),
    version,
    text('kind'),
    long('bucket_start_ms'),
    long('bucket_length_ms'),
    list('cells', inner('Cell', [text('label'), text('predicted'), long('count')])),
    text('state_json'),
    int('labelled_partition'),
    long('labelled_offset'),
  ]),
  'retrain-requests': record('RetrainRequested', 'An order to train.', [
    id('retrain_id'),
    model,
    maybeText('model_version'),
    text('cause'),
    time('requested_at'),
    text('requested_by'),
    maybeNumber('threshold'),
    maybeNumber('live_f1'),
    text('evidence_json'),
    maybeTime('newest_predicted_at'),
    text('params_json'),
    flag('force'),
  ]),
  models: record('ModelPromoted', 'A model that is to serve.', [
    id('model_name'),
    id('model_version'),
    long('promotion_seq'),
    text('manifest_uri'),
    text('manifest_sha256'),
    text('weights_sha256'),
    text('run_id'),
    text('retrain_id'),
    text('cause'),
    maybeText('previous_version'),
    list('categories', 'string'),
    time('promoted_at'),
    flag('restored', 'true: the version has served before'),
    maybeLong('previous_promotion_seq', 'these name the promotion of another version before this one'),
    maybeText('previous_manifest_uri'),
    maybeText('previous_manifest_sha256'),
    maybeText('previous_weights_sha256'),
  ]),
  'dead-letters': record('DeadLetter', 'A record that could not be used, with its original bytes.', [
    id('topic'),
    int('partition'),
    long('offset'),
    text('reason'),
    text('error'),
    text('consumer'),
    maybeBytes('original_key'),
    maybeBytes('original_value'),
    time('died_at'),
  ]),
  'audit-log': record('AdminActed', 'What an admin did, or tried to: written before the act, and again when the act then came to nothing.', [
    id('audit_id', 'one act; its records share it'),
    text('action'),
    text('actor', 'the name of the token, never the token'),
    text('target', 'what it was done to: a version, a run, a job, a dead letter'),
    text('reason', 'as the admin gave it'),
    text('outcome', 'ordered: before the act; failed, refused: it came to nothing after all'),
    text('error', 'why'),
    text('request_id', 'as in the log of inference'),
    model,
    text('details_json'),
    time('acted_at'),
  ]),
};
