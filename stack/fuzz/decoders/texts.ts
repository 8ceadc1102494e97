// What people and other programs write as text: settings, tokens, addresses, ids, orders to the trainer.
import { derivedId } from '../../../inference/repeats/derivedIds.ts';
import { letterId, letterView, placeOf as letterPlace } from '../../../inference/deadLetters/letter.ts';
import { createRepeats } from '../../../inference/repeats/repeats.ts';
import { placeOf } from '../../../consumers/objects.ts';
import { addressProblem } from '../../../schemas/addresses.ts';
import type { RetrainRequested } from '../../../schemas/events.ts';
import { erasedIn } from '../../../schemas/erasure.ts';
import { readJobFile, readRunFile, rowFileText } from '../../../schemas/rowFile.ts';
import { parseS3Uri } from '../../../schemas/s3Uri.ts';
import { readSettings, settingsFor } from '../../../schemas/settings.ts';
import { TABLE } from '../../../schemas/settingTable.ts';
import { parseTokens, tokenEntry } from '../../../schemas/tokens.ts';
import { decisionIn } from '../../../trainer/gate/approval.ts';
import { cancelledId, usable } from '../../../trainer/jobs/claim.ts';
import { toldOf } from '../../../trainer/tracking/mapping.ts';
import { aRow } from '../../../trainer/tracking/rows.testing.ts';
import { differencesOf, manifestJson, readManifest } from '../../backup/manifest.ts';
import { mutateEither } from '../mutate.ts';
import { Broken, bytesOf, type Decoder } from '../run.ts';

const utf8 = new TextDecoder();
const on = (decode: (text: string) => unknown) => (bytes: Uint8Array): unknown => decode(utf8.decode(bytes));
/** Lines NAME=VALUE. */
function settings(text: string): unknown {
  const env = Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)] as const));
  const read = readSettings(env);
  return [read, ...[...read.modelSettings.keys()].map((model) => settingsFor(read, model))];
}
function tokens(text: string): unknown {
  const read = parseTokens(text, text.includes('\n') ? '\n' : ',');
  // What is written down again is the same token.
  if ('value' in read) for (const spec of read.value) if (spec.name !== undefined && !('value' in parseTokens(tokenEntry(spec) ?? '', ','))) throw new Broken('a token is not read as it is written');
  return read;
}
function address(text: string): unknown {
  const problems = (['file', 'folder'] as const).map((kind) => addressProblem(text, kind, ['dataset']));
  const parsed = parseS3Uri(text);
  // Whoever may be read can be asked for.
  if (problems.includes(undefined)) placeOf(text);
  if (problems.includes(undefined) && parsed?.bucket !== 'dataset') throw new Broken(`an address outside the buckets passes: bucket '${parsed?.bucket ?? ''}'`);
  return [problems, parsed, placeOf(text)];
}
function letter(text: string): unknown {
  const place = letterPlace(text);
  if (place !== undefined && letterId(place) !== text.replace(/\b0+(?=\d)/g, '')) throw new Broken(`'${text}' is not the id of its place`);
  const bytes = bytesOf(text);
  return letterView(place ?? { partition: 0, offset: 0n }, { topic: text, partition: 0, offset: 0, reason: text, error: text, consumer: '', original_key: bytes, original_value: bytes, died_at: 0 }, undefined, (one) => Buffer.from(one).toString('base64'));
}
const ORDER: RetrainRequested = { retrain_id: 'm/manual/1', model_name: 'm', model_version: null, cause: 'manual', requested_at: 0, requested_by: 'x', threshold: null, live_f1: null, evidence_json: '', newest_predicted_at: null, params_json: '', force: false };
const CAUSES = ['manual', 'train_csv', 'human_feedback', 'approve', 'cancel', 'rollback'];
const order = (text: string): unknown => CAUSES.map((cause) => {
  const request = { ...ORDER, cause, params_json: text, evidence_json: text };
  return [usable(request, ['dataset']), decisionIn(request), cancelledId(request)];
});
/** What a run's file and row say of it, as it is told to MLflow. */
function run(text: string): unknown {
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch {
    manifest = undefined;
  }
  return toldOf(aRow(1, { report: text, request: JSON.stringify({ params_json: text }) }), manifest);
}
/** The file of a run or of a batch job, from which the tables are made again. */
function row(text: string): unknown {
  const uri = 's3://models/m/runs/1.json';
  const read = (text.includes('"job_id"') ? readJobFile : readRunFile)(uri, text);
  const written = rowFileText(read.row, read.metrics);
  if (JSON.stringify((text.includes('"job_id"') ? readJobFile : readRunFile)(uri, written)) !== JSON.stringify(read)) throw new Broken('a row is not read as it is written');
  return read;
}
/** The manifest of a backup: what it names lies below its folder. */
function manifest(text: string): unknown {
  const read = readManifest('manifest.json', text);
  if (JSON.stringify(readManifest('manifest.json', JSON.stringify(manifestJson(read)))) !== JSON.stringify(read)) throw new Broken('a manifest is not read as it is written');
  if (differencesOf(read, read).length > 0) throw new Broken('a tree differs from itself');
  const out = [...read.folders, ...read.files.map(({ path }) => path)].find((path) => path.startsWith('/') || path.split('/').includes('..'));
  if (out !== undefined) throw new Broken(`it names ${out}`);
  return read;
}
function key(text: string): unknown {
  const repeats = createRepeats({ ttlMs: 10, bytes: 10_000, count: 3 });
  const begun = repeats.begin(text, text, 0);
  if (begun.kind === 'first') begun.end({ status: 200, type: 'x', body: text }, true, 1);
  const again = repeats.begin(text, text, 2).kind;
  if (again !== 'known' && 400 + 3 * text.length <= 10_000) throw new Broken(`a key is ${again} the second time`);
  return [derivedId(text, text), repeats.size()];
}
export const TEXT_DECODERS: readonly Decoder[] = [
  { name: 'settings', share: 12, tokens: [...Object.values(TABLE).map(({ env }) => `\n${env}=`), '=', '\n', '{"wine":{"MIN_F1":0.8}}', '1e999', 'on'], decode: on(settings) },
  { name: 'tokens', share: 40, tokens: ['=sha256:', '=predict+feedback', '=admin', ',', '\n', '#', '=2027-01-31', '+'], decode: on(tokens) },
  { name: 's3-address', share: 50, tokens: ['s3://', 's3://dataset/', '/', '..', '\\', '\n', '\u2028', '%2e', '?', '#'], decode: on(address) },
  { name: 'idempotency-key', share: 30, decode: on(key) },
  { name: 'dead-letter', share: 40, tokens: ['dead-letters:', ':', '0', '999999999999999999', '٣', '\n'], decode: on(letter) },
  { name: 'order', share: 40, make: mutateEither, tokens: ['"__proto__":', 'null', '1e999', '"run_id"', '"version"'], decode: on(order) },
  { name: 'row-file', share: 30, make: mutateEither, tokens: ['"__proto__":', 'null', '1e999', '"id":', '"job_id":', '"model_metrics":{', '"lease_token":'], decode: on(row) },
  { name: 'backup-manifest', share: 20, make: mutateEither, tokens: ['"__proto__":', '..', '/', '\\u0000', 'null', '1e999', '"files":[', '"path":'], decode: on(manifest) },
  { name: 'erasure', share: 10, make: mutateEither, tokens: ['"prediction_ids":[', 'null', '1e999'], decode: on((text) => erasedIn({ action: 'erase', details_json: text })) },
  { name: 'run', share: 30, make: mutateEither, tokens: ['"__proto__":', 'null', '1e999', '"epochs":[', '{"f1":'], decode: on(run) },
];
