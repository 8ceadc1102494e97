// Routes about models: what serves, what has been promoted, and the way back to an earlier version.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { Outgoing } from '../../producers/outgoing.ts';
import { messageOf } from '../../schemas/failure.ts';
import { retrainIdOf } from '../../schemas/ids.ts';
import type { Scope } from '../../schemas/settings.ts';
import type { ServingModel } from '../loader.ts';
import { Problem } from '../problem.ts';

type Ports = {
  readonly serving: () => ServingModel | undefined; readonly publish: (messages: readonly Outgoing[]) => Promise<void>; readonly newId: () => string; readonly nowMs: () => number; readonly modelName: string;
  /** Every version that has been promoted, with its run, as the trainer tells it. */
  readonly versions: () => Promise<unknown>;
};
type Door = (scope?: Scope) => (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;
const Rollback = Type.Object({ version: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })) });

export const describe = (model: ServingModel | undefined) => (model === undefined ? null : { model_name: model.name, model_version: model.version, promotion_seq: model.promotionSeq, weights_sha256: model.weightsSha256, categories: model.categories });

export function modelRoutes(app: FastifyInstance, ports: Ports, needs: Door): void {
  app.get('/v1/models', { onRequest: needs() }, async () => {
    const models = [describe(ports.serving())].filter((one) => one !== null);
    // What serves is known here; the trainer may be away.
    return ports.versions().then((versions) => ({ models, versions }), (error: unknown) => ({ models, versions: null, versions_unavailable: messageOf(error) }));
  });

  const orEmpty = (request: FastifyRequest, _reply: unknown, done: () => void): void => {
    request.body ??= {};
    done();
  };
  app.post<{ Params: { name: string } }>('/v1/models/:name/rollback', { onRequest: needs('admin'), preValidation: orEmpty, schema: { body: Rollback } }, async (request, reply) => {
    const { name } = request.params;
    if (name !== ports.modelName) throw new Problem(404, 'unknown model', `there is no model '${name}'; there is ${ports.modelName}`, 'name');
    const serving = ports.serving();
    if (serving === undefined) throw new Problem(409, 'nothing to go back from', 'no model serves yet');
    const { version } = request.body as { version?: string };
    if (version === serving.version) throw new Problem(409, 'serves already', `${version} serves already`, 'version');
    const retrainId = retrainIdOf(name, 'rollback', ports.newId());
    await ports.publish([{
      topic: 'retrain-requests', key: name,
      value: {
        // The version the admin wants to leave: should another serve by then, the trainer says so instead of leaving that one.
        retrain_id: retrainId, model_name: name, model_version: serving.version, cause: 'rollback', requested_at: ports.nowMs(), requested_by: 'http', threshold: null, live_f1: null, evidence_json: '{}', newest_predicted_at: null,
        params_json: JSON.stringify(version === undefined ? {} : { version }), force: false,
      },
    }]);
    return reply.code(202).send({ retrain_id: retrainId, status: 'PENDING' });
  });
}
