// Open Inference Protocol v2: the routes that KServe, Triton and MLServer clients call. An infer is a prediction like any other: its event is acknowledged before it is answered.
import { Type } from 'typebox';
import { LoopError } from '../../schemas/failure.ts';
import type { ServingModel } from '../serving/loader.ts';
import type { Answer } from '../serving/microBatch.ts';
import { answerOf, joined } from '../oip/answer.ts';
import { askedIn } from '../oip/request.ts';
import { InferAnswer, InferRequest, metadataOf, ModelMetadata, ServerMetadata } from '../oip/shapes.ts';
import type { Ask } from '../serving/predictor.ts';
import { chargeItems, type Door } from '../http/door.ts';
import { jsonParser } from '../http/edge.ts';
import { Problem, refusedBy, RETRY_AFTER_SECONDS } from '../http/problem.ts';
import { ModelName, Version, type App } from './shapes.ts';

export type OipPorts = {
  readonly answer: Answer;
  readonly serving: () => ServingModel | undefined;
  /** undefined when ready, else why not */
  readonly unready: () => string | undefined;
  readonly newId: () => string;
  readonly modelName: string;
  readonly version: string;
  readonly onUnexpected: (error: unknown, requestId: string) => void;
};
const HEADER_LENGTH = 'inference-header-content-length';
const Live = Type.Object({ live: Type.Boolean() });
const Ready = Type.Object({ ready: Type.Boolean() });
const ModelReady = Type.Object({ name: Type.String(), ready: Type.Boolean() }, { title: 'ModelReady' });
const Params = Type.Object({ name: ModelName, version: Type.Optional(Version) });

export function oipRoutes(root: App, ports: OipPorts, needs: Door): void {
  void root.register((child, _options, done) => {
    const app = child as App;
    // The bytes behind the JSON of a request, by its body.
    const tails = new WeakMap<object, Uint8Array>();
    const parseJson = jsonParser(app);
    // Triton's client names no media type; what it sends is JSON, or JSON with tensors behind it and a header that says where they begin.
    app.addContentTypeParser(['application/octet-stream', '*'], { parseAs: 'buffer' }, (request, body: Buffer, next) => {
      const type = request.headers['content-type'];
      const told = request.headers[HEADER_LENGTH];
      if (type !== undefined && !type.startsWith('application/octet-stream')) return next(new Problem(415, 'unsupported media type', `'${type.slice(0, 100)}' is not taken; send application/json, or application/octet-stream with ${HEADER_LENGTH}`));
      const length = told === undefined && type === undefined ? body.length : Number(told ?? 'NaN');
      if (!Number.isInteger(length) || length < 0 || length > body.length) return next(new Problem(400, 'bad request', `${HEADER_LENGTH} must be the length of the JSON, at most ${body.length}; is '${String(told).slice(0, 100)}'`));
      parseJson(request, body.subarray(0, length), (error, parsed) => {
        if (typeof parsed === 'object' && parsed !== null) tails.set(parsed, body.subarray(length));
        next(error, parsed);
      });
    });
    app.setErrorHandler((error, request, reply) => {
      const { status, detail, retryAfterSeconds, unexpected = false } = refusedBy(error, app.initialConfig.bodyLimit ?? 0);
      if (unexpected) ports.onUnexpected(error, request.id);
      if (status === 503 || status === 429) void reply.header('retry-after', String(retryAfterSeconds ?? RETRY_AFTER_SECONDS));
      return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify({ error: detail }));
    });

    /** Throws 404 for a model or a version that does not serve. */
    function known({ name, version }: { readonly name: string; readonly version?: string }): void {
      if (name !== ports.modelName) throw new Problem(404, 'unknown model', `there is no model '${name}'; there is ${ports.modelName}`);
      const serving = ports.serving()?.version;
      if (version !== undefined && version !== serving) throw new Problem(404, 'unknown version', serving === undefined ? `version '${version}' does not serve; none does yet` : `version '${version}' does not serve; ${serving} does`);
    }
    function mustBeReady(): void {
      const reason = ports.unready();
      if (reason !== undefined) throw new Problem(503, 'unavailable', reason);
    }
    app.get('/v2/health/live', { schema: { tag: 'v2', summary: 'Whether the server is alive', response: { 200: Live } } }, () => ({ live: true }));
    app.get('/v2/health/ready', { schema: { tag: 'v2', summary: 'Whether a model serves', refuses: [503], response: { 200: Ready } } }, () => {
      mustBeReady();
      return { ready: true };
    });
    app.get('/v2', { onRequest: needs(), schema: { tag: 'v2', summary: 'The server', response: { 200: ServerMetadata } } }, () => ({ name: 'live-f1-loop', version: ports.version, extensions: ['binary_tensor_data'] }));
    for (const model of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
      const which = model.endsWith(':version') ? 'a version, which must be the one that serves' : 'the version that serves';
      app.get(model, { onRequest: needs(), schema: { tag: 'v2', summary: `The tensors of a model: ${which}`, refuses: [404], params: Params, response: { 200: ModelMetadata } } }, ({ params: asked }) => {
        known(asked);
        const serving = ports.serving();
        return metadataOf(ports.modelName, serving?.version, serving?.categories.length);
      });
      app.get(`${model}/ready`, { onRequest: needs(), schema: { tag: 'v2', summary: `Whether a model answers: ${which}`, refuses: [404, 503], params: Params, response: { 200: ModelReady } } }, ({ params: asked }) => {
        known(asked);
        mustBeReady();
        return { name: ports.modelName, ready: true };
      });
      app.post(`${model}/infer`, {
        onRequest: needs('predict'),
        schema: {
          tag: 'v2', summary: `Classify up to 1,000 texts: ${which}`, refuses: [404, 503], params: Params, body: InferRequest, response: { 200: InferAnswer },
          description: 'Also with binary tensors (BYTES in; BYTES and FP64 out) behind the JSON, whose length stands in Inference-Header-Content-Length.',
        },
      }, async (request, reply) => {
        const { params: asked, body } = request;
        known(asked);
        const { texts, ids, wanted } = askedIn(body, tails.get(body) ?? new Uint8Array());
        chargeItems(request, texts.length);
        // The version that was asked for may be replaced between the look above and the scoring.
        const predictions = await ports.answer(texts.map((text, i): Ask => ({ predictionId: ids[i] ?? ports.newId(), text })), asked.version).catch((error: unknown) => {
          throw error instanceof LoopError && error.code === 'version_gone' ? new Problem(404, 'unknown version', error.message) : error;
        });
        const { answer, tail } = answerOf(predictions, wanted, body.id);
        if (tail.length === 0) return answer;
        const head = new TextEncoder().encode(JSON.stringify(answer));
        return reply.type('application/octet-stream').header(HEADER_LENGTH, String(head.length)).send(joined([head, tail]) as never);
      });
    }
    done();
  });
}
