// The bodies of the Open Inference Protocol v2, as https://kserve.github.io/website describes them, with Triton's extension for binary tensors.
import { Type, type Static } from 'typebox';
import { MAX_ITEMS } from '../routes/shapes.ts';

export const TEXT_INPUT = 'product_description';
export const ID_INPUT = 'prediction_id';
export const OUTPUTS = ['category', 'probability', 'probabilities', 'categories', 'prediction_id'] as const;
export type OutputName = (typeof OUTPUTS)[number];

const Parameters = Type.Optional(Type.Record(Type.String(), Type.Unknown()));
const Name = Type.String({ minLength: 1, maxLength: 100 });
const Shape = Type.Array(Type.Integer({ minimum: 0, maximum: 1_000_000 }), { minItems: 1, maxItems: 2 });
const InferInput = Type.Object(
  { name: Name, shape: Shape, datatype: Type.String({ maxLength: 10 }), parameters: Parameters, data: Type.Optional(Type.Array(Type.Unknown(), { maxItems: MAX_ITEMS })) },
  { title: 'InferInput', description: `${TEXT_INPUT}: the texts. ${ID_INPUT}, if there is one: their ids. Both BYTES, [n] or [n, 1]; data as JSON, or behind it with parameters.binary_data_size.` },
);
const RequestedOutput = Type.Object({ name: Name, parameters: Parameters }, { title: 'InferRequestedOutput', description: `One of ${OUTPUTS.join(', ')}; parameters.binary_data true: behind the JSON.` });
export const InferRequest = Type.Object(
  { id: Type.Optional(Type.String({ maxLength: 200 })), parameters: Parameters, inputs: Type.Array(InferInput, { minItems: 1, maxItems: 2 }), outputs: Type.Optional(Type.Array(RequestedOutput, { maxItems: 10 })) },
  { title: 'InferRequest', examples: [{ id: 'my-1', inputs: [{ name: TEXT_INPUT, shape: [2], datatype: 'BYTES', data: ['Kestrel Sparkling Water Lemon', 'Toilet paper 8 rolls'] }] }] },
);
export type InferRequest = Static<typeof InferRequest>;
export const InferOutput = Type.Object({ name: Type.Enum([...OUTPUTS]), datatype: Type.Enum(['BYTES', 'FP64']), shape: Type.Array(Type.Integer()), parameters: Type.Optional(Type.Object({ binary_data_size: Type.Integer() })), data: Type.Optional(Type.Array(Type.Unknown())) }, { title: 'InferOutput' });
export type InferOutput = Static<typeof InferOutput>;
export const InferAnswer = Type.Object({ model_name: Type.String(), model_version: Type.String(), id: Type.Optional(Type.String()), outputs: Type.Array(InferOutput) }, { title: 'InferResponse' });
export type InferAnswer = Static<typeof InferAnswer>;

const TensorMetadata = Type.Object({ name: Type.String(), datatype: Type.String(), shape: Type.Array(Type.Integer()) }, { title: 'TensorMetadata', description: '-1: any length.' });
export const ModelMetadata = Type.Object({ name: Type.String(), versions: Type.Array(Type.String()), platform: Type.String(), inputs: Type.Array(TensorMetadata), outputs: Type.Array(TensorMetadata) }, { title: 'ModelMetadata', description: `${ID_INPUT} may be left out.` });
export const ServerMetadata = Type.Object({ name: Type.String(), version: Type.String(), extensions: Type.Array(Type.String()) }, { title: 'ServerMetadata' });
/** What /v2 refuses with. */
export const OipError = Type.Object({ error: Type.String() }, { title: 'OipError', description: 'How routes under /v2 refuse.', examples: [{ error: "there is no model 'x'; there is grocery" }] });

/** What a model takes and gives. categories: how many it knows; undefined: no model serves. */
export function metadataOf(name: string, version: string | undefined, categories: number | undefined): Static<typeof ModelMetadata> {
  const k = categories ?? -1;
  const bytes = (tensor: string, size = -1) => ({ name: tensor, datatype: 'BYTES', shape: [size] });
  return {
    name, versions: version === undefined ? [] : [version], platform: 'live-f1-loop', inputs: [bytes(TEXT_INPUT), bytes(ID_INPUT)],
    outputs: [bytes('category'), { name: 'probability', datatype: 'FP64', shape: [-1] }, { name: 'probabilities', datatype: 'FP64', shape: [-1, k] }, bytes('categories', k), bytes('prediction_id')],
  };
}
