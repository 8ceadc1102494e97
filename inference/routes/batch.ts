// POST /v1/predict/csv: a file of texts. Answered when the job stands in the table; any instance then works on it.
import { Type } from 'typebox';
import { addressProblem } from '../../schemas/addresses.ts';
import { idFor, KeyHeader } from '../http/once.ts';
import { Problem } from '../http/problem.ts';
import type { BadRows } from '../batch/work.ts';
import type { Door, Once } from './order.ts';
import { ModelName, type App } from './shapes.ts';

export type BatchPorts = {
  readonly newId: () => string; readonly modelName: string; readonly predictBuckets: readonly string[];
  /** Writes the job down; resolves when it is durable. */
  readonly orderBatch: (id: string, inputUri: string, badRows: BadRows) => Promise<void>;
};
// Callers of the old service may send more fields: they are passed over.
const PredictCsv = Type.Object({
  input_file_s3: Type.String({ maxLength: 1024, description: 'A CSV file with the column product_description, and perhaps HUMAN_VERIFIED_Category.', examples: ['s3://dataset/predict/products.csv'] }),
  model_name: Type.Optional(ModelName), on_bad_rows: Type.Optional(Type.Enum(['refuse', 'set_aside'])),
}, { title: 'PredictCsv' });
const Ordered = Type.Object({ job_id: Type.String(), status: Type.Literal('STATUS_PENDING') }, { title: 'BatchOrdered', description: 'Written down: GET /v1/jobs/{job_id} tells how it goes and, at the end, output_file_s3.' });

export function batchRoutes(app: App, ports: BatchPorts, needs: Door, once: Once): void {
  app.post('/v1/predict/csv', {
    onRequest: needs('predict'), preHandler: once, schema: { tag: 'jobs', summary: 'Predict a CSV file in S3', refuses: [422, 503], headers: KeyHeader, body: PredictCsv, response: { 202: Ordered } },
  }, async (request, reply) => {
    const { input_file_s3, model_name, on_bad_rows = 'refuse' } = request.body;
    if (model_name !== undefined && model_name !== ports.modelName) throw new Problem(400, 'unknown model', `there is no model '${model_name}'; there is ${ports.modelName}`, 'model_name');
    const problem = addressProblem(input_file_s3, 'file', ports.predictBuckets, 'PREDICT_BUCKETS');
    if (problem !== undefined) throw new Problem(400, 'bad address', `input_file_s3 ${problem}`, 'input_file_s3');
    // The same order under the same key is the same job, on another instance too.
    const id = idFor(request, ports.newId)(0, input_file_s3, on_bad_rows);
    await ports.orderBatch(id, input_file_s3, on_bad_rows);
    return reply.code(202).send({ job_id: id, status: 'STATUS_PENDING' });
  });
}
