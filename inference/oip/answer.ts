// Predictions as the tensors that were asked for, in JSON or as bytes behind it.
import type { Prediction } from '../../schemas/events.ts';
import type { Wanted } from './request.ts';
import type { InferAnswer, InferOutput } from './shapes.ts';

/** predictions: at least one, all of one model. tail: the bytes of the binary outputs, in order; empty: there are none. */
export function answerOf(predictions: readonly Prediction[], wanted: readonly Wanted[], id: string | undefined): { readonly answer: InferAnswer; readonly tail: Uint8Array } {
  const [first] = predictions;
  if (first === undefined) throw new RangeError('an answer needs a prediction');
  const categories = first.probabilities.map((one) => one.category);
  const n = predictions.length;
  const tails: Uint8Array[] = [];
  const tensor = (name: InferOutput['name'], binary: boolean, shape: number[], values: readonly string[] | readonly number[]): InferOutput => {
    const datatype = isNumbers(values) ? ('FP64' as const) : ('BYTES' as const);
    if (!binary) return { name, datatype, shape, data: [...values] };
    const bytes = isNumbers(values) ? packNumbers(values) : packTexts(values);
    tails.push(bytes);
    return { name, datatype, shape, parameters: { binary_data_size: bytes.length } };
  };
  const outputs = wanted.map(({ name, binary }) => {
    switch (name) {
      case 'category': return tensor(name, binary, [n], predictions.map((one) => one.category));
      case 'prediction_id': return tensor(name, binary, [n], predictions.map((one) => one.prediction_id));
      case 'probability': return tensor(name, binary, [n], predictions.map((one) => one.probabilities.find(({ category }) => category === one.category)?.probability ?? 0));
      case 'probabilities': return tensor(name, binary, [n, categories.length], predictions.flatMap((one) => one.probabilities.map(({ probability }) => probability)));
      case 'categories': return tensor(name, binary, [categories.length], categories);
    }
  });
  return { answer: { model_name: first.model_name, model_version: first.model_version, ...(id === undefined ? {} : { id }), outputs }, tail: joined(tails) };
}
const isNumbers = (values: readonly string[] | readonly number[]): values is readonly number[] => typeof values[0] === 'number';

function packNumbers(values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 * values.length));
  values.forEach((value, i) => view.setFloat64(8 * i, value, true));
  return new Uint8Array(view.buffer);
}
function packTexts(values: readonly string[]): Uint8Array {
  const encoder = new TextEncoder();
  return joined(values.flatMap((value) => {
    const bytes = encoder.encode(value);
    const length = new DataView(new ArrayBuffer(4));
    length.setUint32(0, bytes.length, true);
    return [new Uint8Array(length.buffer), bytes];
  }));
}
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of parts) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}
