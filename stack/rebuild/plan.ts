// What the table auto_training should hold, from what S3 and Kafka still tell, and what is to be done about the table as it stands. Pure.
// A run's file holds its whole row; `models` says which promotions stand, and wins where the two differ; `retrain-requests` brings back what waits and what was said of it.
import { decisionIn } from '../../trainer/gate/approval.ts';
import { cancelledId, rowIdOf, usable } from '../../trainer/jobs/claim.ts';
import type { PlainRow, RowFile } from '../../schemas/rowFile.ts';
import { CANCEL, type ModelPromoted, type RetrainRequested } from '../../schemas/events.ts';

/** A record of `retrain-requests`; atMs: when the broker took it. */
export type Asked = { readonly request: RetrainRequested; readonly atMs: number; readonly partition: number; readonly offset: number };
export type Sources = { readonly files: readonly RowFile[]; readonly models: readonly ModelPromoted[]; /** in their order */ readonly requests: readonly Asked[]; readonly trainBuckets: readonly string[] };
/** Clock and hash are arguments. idOf: the row id of a retrain id that names none. */
export type Tools = { readonly iso: (ms: number) => string; readonly idOf: (retrainId: string) => string };
/** rows: in the order in which they were claimed. notes: what a person should know of what cannot be had. */
export type Remembered = { readonly rows: readonly PlainRow[]; readonly notes: readonly string[] };

type Draft = Record<string, PlainRow[string]>;
/** Of the column id. */
const MOST_ID_CHARS = 36;
const text = (row: PlainRow, name: string): string => String(row[name] ?? '');
const seqOf = (row: PlainRow): number | undefined => (row['promotion_seq'] == null ? undefined : Number(row['promotion_seq']));
const isOpen = (row: PlainRow): boolean => row['status'] === 'PENDING' || row['status'] === 'RUNNING';

/** Of several runs that claim one number, the one Kafka names; where it no longer says, the one that ended first: readers heeded that one. */
function settleNumbers(rows: readonly Draft[], models: readonly ModelPromoted[], notes: string[]): void {
  const named = new Map(models.map((event) => [`${event.model_name}/${event.promotion_seq}`, event.run_id]));
  const claims = Map.groupBy(rows.filter((row) => seqOf(row) !== undefined), (row) => `${text(row, 'model_name')}/${seqOf(row)}`);
  for (const [number, claimants] of claims) {
    const [first] = [...claimants].sort((a, b) => (text(a, 'finished_at') < text(b, 'finished_at') ? -1 : 1));
    const winner = named.get(number) ?? text(first ?? {}, 'id');
    for (const row of claimants) {
      if (row['id'] === winner) continue;
      notes.push(`${text(row, 'retrain_id')} says promoted as number ${number}, which is ${named.has(number) ? 'in Kafka' : 'by the files'} that of run ${winner}: it never served, and becomes an error`);
      Object.assign(row, { status: 'FAILED', outcome: 'error', outcome_reason: `said promoted as ${text(row, 'model_version')}, but that number was taken by run ${winner}: it never served (${text(row, 'outcome_reason')})`, promotion_seq: null, model_version: null });
    }
  }
}

const wordsIn = (row: PlainRow): string | undefined => {
  try {
    const verdict: unknown = Reflect.get(JSON.parse(text(row, 'report')) as object, 'verdict');
    const words: unknown = typeof verdict === 'object' && verdict !== null ? Reflect.get(verdict, 'words') : undefined;
    return typeof words === 'string' ? words : undefined;
  } catch {
    return undefined;
  }
};
/** A promotion that stands in Kafka stands in the table, with or without a file. */
function settleEvents(byId: Map<string, Draft>, { models, requests }: Sources, { iso }: Tools, notes: string[]): void {
  const taken = new Set([...byId.values()].map((row) => text(row, 'retrain_id')));
  for (const event of models) {
    const at = iso(event.promoted_at);
    const promotion = { status: 'FINISHED', outcome: 'promoted', model_version: event.model_version, champion_version: event.previous_version, promotion_seq: event.promotion_seq };
    const row = byId.get(event.run_id);
    if (event.run_id === '' || event.run_id.length > MOST_ID_CHARS || (row !== undefined && row['model_name'] !== event.model_name)) {
      notes.push(`${event.model_version} of '${event.model_name}' (promotion ${event.promotion_seq}) stands in Kafka under the run '${event.run_id}', which is ${row === undefined ? 'no id' : `one of '${text(row, 'model_name')}'`}: no row is made of it`);
      continue;
    }
    if (row === undefined) {
      // The column is unique; an event that names no request, or another's, still has a row.
      const retrainId = event.retrain_id === '' || taken.has(event.retrain_id) ? `${event.model_name}/announced/${event.run_id}` : event.retrain_id;
      taken.add(retrainId);
      notes.push(`${event.model_version} of '${event.model_name}' (promotion ${event.promotion_seq}) stands in Kafka, but the file of its run ${event.run_id} is lost: its row says what the event says, without figures, dataset and report`);
      const request = requests.find((one) => one.request.retrain_id === event.retrain_id)?.request;
      byId.set(event.run_id, {
        id: event.run_id, retrain_id: retrainId, model_name: event.model_name, cause: event.cause, ...promotion, outcome_reason: 'announced in Kafka; the file of the run is lost', request: JSON.stringify(request ?? {}),
        requested_at: request === undefined ? at : iso(request.requested_at), claimed_at: at, finished_at: at, run_id: event.run_id, attempts: 1,
        manifest_s3: event.manifest_uri, manifest_sha256: event.manifest_sha256, weights_sha256: event.weights_sha256, weights_s3: event.manifest_uri.replace(/[^/]+$/, 'weights.bin'),
      });
    } else if (seqOf(row) !== event.promotion_seq) {
      // The trainer had announced it and died before it wrote so.
      Object.assign(row, { ...promotion, outcome_reason: row['outcome_reason'] ?? wordsIn(row) ?? 'announced in Kafka; the reason is lost', finished_at: row['finished_at'] ?? at });
    }
  }
}

/** Requests without a row wait; what was said of rows that are open is said again. */
function settleRequests(byId: Map<string, Draft>, { requests, trainBuckets }: Sources, { iso, idOf }: Tools): void {
  const known = new Set([...byId.values()].map((row) => text(row, 'retrain_id')));
  for (const { request, atMs, partition, offset } of requests) {
    const at = iso(atMs);
    const said = decisionIn(request);
    if (said.status === 'decision') {
      const row = byId.get(said.decision.runId);
      if (row?.['status'] !== 'PENDING' || row['approval'] !== 'awaiting' || at >= text(row, 'approve_until')) continue;
      Object.assign(row, { approval: said.decision.kind === 'approve' ? 'approved' : 'declined', decided_at: at, decided_by: said.decision.by, decided_why: said.decision.why ?? null });
    } else if (request.cause === CANCEL) {
      const row = byId.get(cancelledId(request) ?? '');
      if (row !== undefined && isOpen(row) && row['cause'] !== 'rollback' && row['cancelled_at'] == null) Object.assign(row, { cancelled_at: at, cancelled_by: request.requested_by.slice(0, 100) });
    } else if (said.status === 'other' && usable(request, trainBuckets).status === 'usable' && !known.has(request.retrain_id)) {
      known.add(request.retrain_id);
      const id = rowIdOf(request, idOf(request.retrain_id));
      byId.set(id, {
        id, retrain_id: request.retrain_id, model_name: request.model_name, cause: request.cause, status: 'PENDING', threshold: request.threshold, live_f1: request.live_f1, evidence: request.evidence_json, request: JSON.stringify(request),
        requested_at: iso(request.requested_at), claimed_at: at, request_partition: partition, request_offset: offset, attempts: 0,
      });
    }
  }
}

/** Promotions of a model that neither a file nor an event tells of. */
function gapsIn(rows: readonly PlainRow[], models: readonly ModelPromoted[]): string[] {
  const notes: string[] = [];
  for (const [model, list] of Map.groupBy(rows.filter((row) => seqOf(row) !== undefined), (row) => text(row, 'model_name'))) {
    const seqs = new Set(list.map(seqOf));
    const last = Math.max(...list.map((row) => seqOf(row) ?? 0));
    const missing = Array.from({ length: last }, (_, i) => i + 1).filter((seq) => !seqs.has(seq));
    if (missing.length > 0) notes.push(`promotion ${missing.join(', ')} of '${model}' is lost: no file in S3 and no event in Kafka tells of it`);
    const kafka = Math.max(0, ...models.filter((event) => event.model_name === model).map((event) => event.promotion_seq));
    if (kafka < last) notes.push(`Kafka knows promotion ${kafka} of '${model}' as the last, the files know ${last}: Kafka is the older one. What it names serves until the next promotion`);
  }
  return notes;
}

export function remember(sources: Sources, tools: Tools): Remembered {
  const notes: string[] = [];
  const drafts: Draft[] = sources.files.map(({ row }) => ({ ...row }));
  settleNumbers(drafts, sources.models, notes);
  const byId = new Map(drafts.map((row) => [text(row, 'id'), row]));
  settleEvents(byId, sources, tools, notes);
  // Whoever worked on it is gone.
  for (const row of byId.values()) if (row['status'] === 'RUNNING') row['status'] = 'PENDING';
  settleRequests(byId, sources, tools);
  const rows = [...byId.values()].sort((a, b) => (text(a, 'claimed_at') < text(b, 'claimed_at') ? -1 : text(a, 'claimed_at') > text(b, 'claimed_at') ? 1 : Number(a['request_offset'] ?? 0) - Number(b['request_offset'] ?? 0)));
  return { rows, notes: [...notes, ...gapsIn(rows, sources.models)] };
}
