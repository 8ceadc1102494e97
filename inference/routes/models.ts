// Routes about models: what serves, what has been promoted, and the way back to an earlier version.
import { Type } from 'typebox';
import { orderRecord } from '../../producers/order.ts';
import type { Outgoing } from '../../producers/outgoing.ts';
import { messageOf } from '../../schemas/failure.ts';
import { DECISIONS } from '../../schemas/events.ts';
import { retrainIdOf } from '../../schemas/ids.ts';
import type { Audited } from '../audit/audit.ts';
import type { ServingModel } from '../serving/loader.ts';
import { nameOf } from '../http/door.ts';
import { Problem } from '../http/problem.ts';
import { orEmpty, type Door } from './order.ts';
import { ModelName, orNull, passedOn, type App } from './shapes.ts';

export type ModelPorts = {
  readonly serving: () => ServingModel | undefined; readonly publish: (messages: readonly Outgoing[]) => Promise<void>; readonly newId: () => string; readonly nowMs: () => number; readonly modelName: string;
  /** Every version that has been promoted, with its run, as the trainer tells it. */
  readonly versions: () => Promise<unknown>;
  /** Runs that wait for an admin: a list with ids. */
  readonly awaiting: () => Promise<unknown>;
};
const RUN = /^[A-Za-z0-9-]{1,64}$/;
const Params = Type.Object({ name: ModelName });
const RunParams = Type.Object({ name: ModelName, id: Type.String({ minLength: 1, maxLength: 64 }) });
const Decision = Type.Object({ why: Type.Optional(Type.String({ maxLength: 1000 })), by: Type.Optional(Type.String({ minLength: 1, maxLength: 100 })) });
const Rollback = Type.Object({ version: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })), why: Type.Optional(Type.String({ maxLength: 1000, description: 'For the audit log.' })) });

export const ModelView = Type.Object({ model_name: Type.String(), model_version: Type.String(), promotion_seq: Type.Integer(), weights_sha256: Type.String(), categories: Type.Array(Type.String()) }, { title: 'Model' });
const PromotedVersion = Type.Object({ model_version: Type.String() }, { title: 'PromotedVersion', description: 'A version with the run it came from.', additionalProperties: true });
const ModelList = Type.Object({ models: Type.Array(ModelView), versions: passedOn(orNull(Type.Array(PromotedVersion))), versions_unavailable: Type.Optional(Type.String({ description: 'Why versions is null.' })) }, { title: 'ModelList' });
const Awaiting = Type.Object({ runs: passedOn(Type.Array(Type.Object({ id: Type.String() }, { title: 'AwaitingRun', additionalProperties: true }))) });
const RollbackOrdered = Type.Object({ retrain_id: Type.String(), status: Type.Literal('PENDING') }, { title: 'RollbackOrdered' });
const Decided = Type.Object({ run_id: Type.String(), decision: Type.Enum([...DECISIONS]), status: Type.Literal('accepted') }, { title: 'Decided' });

export const describe = (model: ServingModel | undefined) => (model === undefined ? null : { model_name: model.name, model_version: model.version, promotion_seq: model.promotionSeq, weights_sha256: model.weightsSha256, categories: [...model.categories] });

export async function modelsBody({ serving, versions }: Pick<ModelPorts, 'serving' | 'versions'>) {
  const models = [describe(serving())].filter((one) => one !== null);
  // What serves is known here; the trainer may be away.
  return versions().then((all) => ({ models, versions: all }), (error: unknown) => ({ models, versions: null, versions_unavailable: messageOf(error) }));
}

export function modelRoutes(app: App, ports: ModelPorts, needs: Door, audited: Audited): void {
  app.get('/v1/models', { onRequest: needs(), schema: { tag: 'models', summary: 'What serves, and every version that has been promoted', response: { 200: ModelList } } }, () => modelsBody(ports));

  function known(name: string): void {
    if (name !== ports.modelName) throw new Problem(404, 'unknown model', `there is no model '${name}'; there is ${ports.modelName}`, 'name');
  }
  app.post('/v1/models/:name/rollback', {
    onRequest: needs('admin'), preValidation: orEmpty,
    schema: { tag: 'models', summary: 'Go back to the version before, or to a named one', refuses: [404, 409, 503], params: Params, body: Rollback, bodyOptional: true, response: { 202: RollbackOrdered } },
  }, async (request, reply) => {
    const { name } = request.params;
    known(name);
    const serving = ports.serving();
    if (serving === undefined) throw new Problem(409, 'nothing to go back from', 'no model serves yet');
    const { version, why } = request.body;
    if (version === serving.version) throw new Problem(409, 'serves already', `${version} serves already`, 'version');
    const retrainId = retrainIdOf(name, 'rollback', ports.newId());
    // The version the admin wants to leave: should another serve by then, the trainer says so instead of leaving that one.
    await audited(request, { action: 'rollback', target: retrainId, reason: why, details: { from: serving.version, to: version ?? 'the version before' } }, () => ports.publish([orderRecord({ cause: 'rollback', retrainId, modelName: name, atMs: ports.nowMs(), modelVersion: serving.version, by: nameOf(request), params: version === undefined ? {} : { version } })]));
    return reply.code(202).send({ retrain_id: retrainId, status: 'PENDING' as const });
  });

  app.get('/v1/models/:name/runs/awaiting', { onRequest: needs(), schema: { tag: 'models', summary: 'Runs that passed the gate and wait for an admin', refuses: [404, 503], params: Params, response: { 200: Awaiting } } }, async (request) => {
    known(request.params.name);
    return { runs: await ports.awaiting() };
  });
  for (const kind of DECISIONS) {
    app.post(`/v1/models/:name/runs/:id/${kind}`, {
      onRequest: needs('admin'), preValidation: orEmpty,
      schema: { tag: 'models', summary: kind === 'approve' ? 'Promote a run that waits' : 'Decline a run that waits', refuses: [404, 409, 503], params: RunParams, body: Decision, bodyOptional: true, response: { 202: Decided } },
    }, async (request, reply) => {
      const { name, id } = request.params;
      known(name);
      if (!RUN.test(id)) throw new Problem(400, 'bad request', `'${id}' is not the id of a run`, 'id');
      const { why, by } = request.body;
      // While the trainer is away nobody knows what waits: the word is kept for it, and one about another run changes nothing.
      const waiting = await ports.awaiting().then(idsIn, () => undefined);
      if (waiting !== undefined && !waiting.includes(id)) throw new Problem(409, 'does not wait', `run ${id} does not wait for an approval; ${waiting.length === 0 ? 'none does' : `waiting: ${waiting.join(', ')}`}`, 'id');
      await audited(request, { action: kind, target: id, reason: why, details: by === undefined ? {} : { by } }, () => ports.publish([orderRecord({ cause: kind, retrainId: retrainIdOf(name, kind, id), modelName: name, atMs: ports.nowMs(), by: by === undefined ? nameOf(request) : `${by} (${nameOf(request)})`, params: { run_id: id, ...(why === undefined ? {} : { why }) } })]));
      return reply.code(202).send({ run_id: id, decision: kind, status: 'accepted' as const });
    });
  }
}

/** The ids in the trainer's list. */
const idsIn = (list: unknown): string[] =>
  (Array.isArray(list) ? (list as unknown[]) : []).flatMap((one): string[] => {
    const id: unknown = typeof one === 'object' && one !== null ? Reflect.get(one, 'id') : undefined;
    return typeof id === 'string' ? [id] : [];
  });
