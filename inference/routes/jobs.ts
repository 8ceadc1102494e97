// Routes about jobs: order a training, list them, look at one, stop one. An order is answered when Kafka has it; the trainer alone writes the table.
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { orderRecord } from '../../producers/order.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { addressProblem, type AddressKind } from '../../schemas/addresses.ts';
import { CANCEL } from '../../schemas/events.ts';
import { retrainIdOf } from '../../schemas/ids.ts';
import type { Audited } from '../audit/audit.ts';
import { nameOf } from '../http/door.ts';
import { Problem } from '../http/problem.ts';
import { orEmpty, type Door } from './order.ts';
import { ModelName, passedOn, type App } from './shapes.ts';

export type JobPorts = {
  readonly publish: (messages: readonly Outgoing[]) => Promise<void>; readonly newId: () => string; readonly nowMs: () => number; readonly modelName: string;
  readonly jobs: (query: string) => Promise<unknown>; readonly job: (id: string) => Promise<unknown>; readonly trainBuckets: readonly string[];
  /** Stops a batch job: at once when it waits, soon when it runs. */
  readonly cancelBatch: (id: string, by: string) => Promise<'cancelled' | 'cancelling' | 'not open'>;
};
type Wishes = { readonly [K in 'best_model_metric' | 'on_bad_rows' | 'train_file_s3' | 'train_dir_s3']?: string | undefined } & { readonly epoch_num?: number | undefined };

const Common = {
  model_name: Type.Optional(ModelName), epoch_num: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })),
  best_model_metric: Type.Optional(Type.Enum(['eval_f1', 'eval_f1_min'])), on_bad_rows: Type.Optional(Type.Enum(['refuse', 'set_aside'])),
};
const TrainCsv = Type.Object({ ...Common, train_file_s3: Type.String({ maxLength: 1024, examples: ['s3://dataset/train/Training_Data.csv'] }) }, { title: 'TrainCsv' });
const HumanFeedback = Type.Object({ ...Common, train_dir_s3: Type.String({ maxLength: 1024, examples: ['s3://dataset/human_feedback/'] }) }, { title: 'TrainHumanFeedback' });
const Retrain = Type.Object({ ...Common, force: Type.Optional(Type.Boolean({ description: 'Promote whatever the gate says; needs the scope admin.' })) }, { title: 'Retrain' });
const STATUSES = ['PENDING', 'RUNNING', 'FINISHED', 'FAILED'] as const;
const Query = Type.Object({ kind: Type.Optional(Type.Enum(['training', 'rollback', 'batch'])), status: Type.Optional(Type.Enum([...STATUSES])), cause: Type.Optional(Type.String({ pattern: '^[a-z_]{1,32}$' })), limit: Type.Optional(Type.String({ pattern: '^([1-9][0-9]{0,2}|1000)$' })) });
const Ordered = Type.Object({ db_record_id: Type.String(), status: Type.Literal('PENDING'), retrain_id: Type.String() }, { title: 'TrainingOrdered', description: 'Ordered: GET /v1/jobs/{db_record_id} tells how it goes.' });
const ABOUT_JOB = 'The row of a job, with what its kind has beside these; null: not (yet). A training: cause, requested_at, claimed_at, started_at, finished_at (ISO 8601), stage, progress (one entry per epoch), outcome (promoted, rejected, superseded, stale, error, cancelled), outcome_reason, model_version, champion_version, promotion_seq, f1, min_f1, champion_f1, champion_min_f1, threshold, live_f1, params, approval, approve_until, decided_by, decided_why, report_s3. Alone also: request (requested_by, force), evidence, dataset_hash, dataset_path, dataset_offsets, '
  + 'and report: verdict {status, winner, words, reasons, warnings}, rules (the thresholds of the gate), counts (rows of the dataset), candidate and champion {hold_out, recent: F1 by average and category, cells}, contests [{challenger, version, status, reasons, hold_out and recent {rows, weighted, categories: [{category, champion, challenger, delta, band, support, limit, holds}], gained, lost, p_value}}].';
const Job = Type.Object({ id: Type.String(), kind: Type.String(), status: Type.Enum([...STATUSES]) }, { title: 'Job', description: ABOUT_JOB, additionalProperties: true });
const JobList = Type.Object({ jobs: Type.Array(Job) }, { title: 'JobList', additionalProperties: true });
const Cancelling = Type.Object({ id: Type.String(), status: Type.Enum(['CANCELLING', 'CANCELLED']) }, { title: 'Cancelling', description: 'CANCELLED: it had not begun, and has ended.' });
const Params = Type.Object({ id: Type.String({ minLength: 1, maxLength: 300, description: 'Its id, its retrain_id or the version it made.' }) });
const RECENT_ORDERS = 1000;

export function jobRoutes(app: App, ports: JobPorts, needs: Door, audited: Audited): void {
  // Ordered here, and perhaps not yet claimed by the trainer: a job exists from the moment its id was told.
  const ordered = new Map<string, object>();
  async function order(request: FastifyRequest, cause: string, modelName: string | undefined, { epoch_num, best_model_metric, on_bad_rows, ...data }: Wishes, force = false) {
    if (modelName !== undefined && modelName !== ports.modelName) throw new Problem(400, 'unknown model', `there is no model '${modelName}'; there is ${ports.modelName}`, 'model_name');
    const id = ports.newId();
    const params = { ...data, epoch_num, best_model_metric, on_bad_rows };
    const retrainId = retrainIdOf(ports.modelName, cause, id);
    await audited(request, { action: 'train', target: retrainId, details: { cause, force, ...params } }, () => ports.publish([orderRecord({ cause, retrainId, modelName: ports.modelName, atMs: ports.nowMs(), params, by: nameOf(request), force })]));
    ordered.set(id, { id, kind: 'training', retrain_id: retrainId, cause, model_name: ports.modelName, status: 'PENDING', outcome: null, params });
    for (const oldest of ordered.keys()) if (ordered.size > RECENT_ORDERS) ordered.delete(oldest);
    return { db_record_id: id, status: 'PENDING' as const, retrain_id: retrainId };
  }
  function requireAddress(field: string, uri: string, kind: AddressKind): void {
    const problem = addressProblem(uri, kind, ports.trainBuckets);
    if (problem !== undefined) throw new Problem(400, 'bad address', `${field} ${problem}`, field);
  }
  async function find(id: string): Promise<Readonly<Record<string, unknown>>> {
    const job = (await ports.job(id)) ?? ordered.get(id);
    if (typeof job !== 'object' || job === null) throw new Problem(404, 'not found', `there is no job '${id.slice(0, 300)}'; GET /v1/jobs lists them`, 'id');
    return job as Readonly<Record<string, unknown>>;
  }

  app.post('/v1/train/csv', {
    onRequest: needs('train'), schema: { tag: 'jobs', summary: 'Train on a CSV file in S3', refuses: [503], body: TrainCsv, response: { 202: Ordered } },
  }, async (request, reply) => {
    const { model_name, train_file_s3, epoch_num, best_model_metric, on_bad_rows } = request.body;
    requireAddress('train_file_s3', train_file_s3, 'file');
    return reply.code(202).send(await order(request, 'train_csv', model_name, { train_file_s3, epoch_num, best_model_metric, on_bad_rows }));
  });
  app.post('/v1/train/human_feedback', {
    onRequest: needs('train'), schema: { tag: 'jobs', summary: 'Train on a folder of verified rows in S3', refuses: [503], body: HumanFeedback, response: { 202: Ordered } },
  }, async (request, reply) => {
    const { model_name, train_dir_s3, epoch_num, best_model_metric, on_bad_rows } = request.body;
    requireAddress('train_dir_s3', train_dir_s3, 'folder');
    return reply.code(202).send(await order(request, 'human_feedback', model_name, { train_dir_s3, epoch_num, best_model_metric, on_bad_rows }));
  });
  app.post('/v1/retrain', {
    onRequest: needs('train'), preValidation: orEmpty, schema: { tag: 'jobs', summary: 'Train on the base corpus and the labels', refuses: [503], body: Retrain, bodyOptional: true, response: { 202: Ordered } },
  }, async (request, reply) => {
    const { model_name, force = false, epoch_num, best_model_metric } = request.body;
    if (force) await new Promise<void>((resolve, reject) => needs('admin')(request, reply, (error) => (error ? reject(error) : resolve())));
    return reply.code(202).send(await order(request, 'manual', model_name, { epoch_num, best_model_metric }, force));
  });

  app.get('/v1/jobs', { onRequest: needs(), schema: { tag: 'jobs', summary: 'Jobs, newest first', refuses: [503], querystring: Query, response: { 200: passedOn(JobList) } } }, ({ query }) => ports.jobs(new URLSearchParams(Object.entries(query)).toString()));
  app.get('/v1/jobs/:id', { onRequest: needs(), schema: { tag: 'jobs', summary: 'One job', refuses: [404, 503], params: Params, response: { 200: passedOn(Job) } } }, (request) => find(request.params.id));
  app.post('/v1/jobs/:id/cancel', {
    onRequest: needs('train', 'predict'), preValidation: orEmpty, schema: { tag: 'jobs', summary: 'Stop a job', description: 'Needs the scope that orders it: predict for a batch job, train for a training.', refuses: [404, 409, 503], params: Params, response: { 202: Cancelling } },
  }, async (request, reply) => {
    const job = await find(request.params.id);
    const id = String(job['id']);
    // Whoever may order a job may stop it.
    await new Promise<void>((resolve, reject) => needs(job['kind'] === 'batch' ? 'predict' : 'train')(request, reply, (error) => (error ? reject(error) : resolve())));
    if (job['kind'] === 'rollback') throw new Problem(409, 'cannot be cancelled', `${id} is a rollback: it is over in a moment, and the way back is another rollback`, 'id');
    if (job['status'] === 'FINISHED' || job['status'] === 'FAILED') throw new Problem(409, 'has ended', `${id} has ended already: ${String(job['outcome'])}`, 'id');
    if (job['kind'] === 'batch') {
      const how = await audited(request, { action: 'cancel', target: id, details: { kind: 'batch' } }, async () => {
        const done = await ports.cancelBatch(id, nameOf(request));
        if (done === 'not open') throw new Problem(409, 'has ended', `${id} has ended meanwhile; GET /v1/jobs/${id} tells how`, 'id');
        return done;
      });
      return reply.code(202).send({ id, status: how === 'cancelled' ? 'CANCELLED' as const : 'CANCELLING' as const });
    }
    if (job['promotion_seq'] != null) throw new Problem(409, 'too late', `${id} is being promoted; POST /v1/models/${ports.modelName}/rollback takes it back`, 'id');
    await audited(request, { action: 'cancel', target: id, details: { kind: 'training' } }, () => ports.publish([orderRecord({ cause: CANCEL, retrainId: retrainIdOf(ports.modelName, CANCEL, ports.newId()), modelName: ports.modelName, atMs: ports.nowMs(), by: nameOf(request), params: { id } })]));
    return reply.code(202).send({ id, status: 'CANCELLING' as const });
  });
}
