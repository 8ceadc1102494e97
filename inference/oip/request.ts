// What an infer request asks: texts, the ids they shall have, the outputs that are wanted. Refuses by a Problem that names the tensor.
import { isLegalId, ID_RULE } from '../../schemas/ids.ts';
import { MAX_DESCRIPTION_CHARS } from '../../schemas/csv.ts';
import { Problem } from '../http/problem.ts';
import { MAX_ITEMS, wellFormed } from '../routes/shapes.ts';
import { ID_INPUT, OUTPUTS, TEXT_INPUT, type InferRequest, type OutputName } from './shapes.ts';

export type Wanted = { readonly name: OutputName; readonly binary: boolean };
export type Asked = { readonly texts: readonly string[]; /** by row; undefined: to be made */ readonly ids: readonly (string | undefined)[]; readonly wanted: readonly Wanted[] };
type Input = InferRequest['inputs'][number];

const refuse = (detail: string): never => {
  throw new Problem(400, 'bad request', detail);
};
/** tail: the bytes behind the JSON. */
export function askedIn(request: InferRequest, tail: Uint8Array): Asked {
  let used = 0;
  const columns = new Map<string, readonly string[]>();
  for (const input of request.inputs) {
    if (input.name !== TEXT_INPUT && input.name !== ID_INPUT) refuse(`there is no input '${input.name}'; there is ${TEXT_INPUT} and ${ID_INPUT}`);
    if (columns.has(input.name)) refuse(`the input ${input.name} stands twice`);
    if (input.datatype !== 'BYTES') refuse(`${input.name} is ${input.datatype}; it must be BYTES`);
    const rows = rowsOf(input);
    const size = input.parameters?.['binary_data_size'];
    if (size === undefined) {
      columns.set(input.name, textsIn(input, rows));
    } else {
      if (typeof size !== 'number' || !Number.isInteger(size) || size < 0 || used + size > tail.length) refuse(`binary_data_size of ${input.name} is ${String(size)}, ${tail.length - used} bytes are left behind the JSON`);
      columns.set(input.name, unpack(input.name, tail.subarray(used, (used += Number(size))), rows));
    }
  }
  if (used !== tail.length) refuse(`${tail.length - used} bytes behind the JSON belong to no input`);
  const texts = columns.get(TEXT_INPUT) ?? refuse(`the input ${TEXT_INPUT} is missing`);
  const ids = columns.get(ID_INPUT) ?? texts.map(() => undefined);
  if (ids.length !== texts.length) refuse(`${ID_INPUT} has ${ids.length} rows, ${TEXT_INPUT} ${texts.length}`);
  texts.forEach((text, i) => {
    if (!/\S/.test(text)) refuse(`row ${i} of ${TEXT_INPUT} is empty`);
    if ([...text].length > MAX_DESCRIPTION_CHARS) refuse(`row ${i} of ${TEXT_INPUT} is longer than ${MAX_DESCRIPTION_CHARS} characters`);
  });
  const seen = new Set<string>();
  ids.forEach((id, i) => {
    if (id !== undefined && !isLegalId(id)) refuse(`row ${i} of ${ID_INPUT} is not ${ID_RULE}`);
    if (id !== undefined && seen.size === seen.add(id).size) refuse(`row ${i} of ${ID_INPUT}: '${id}' stands twice`);
  });
  return { texts: texts.map(wellFormed), ids, wanted: wantedIn(request) };
}

/** n of a shape [n] or [n, 1]. */
function rowsOf({ name, shape }: Input): number {
  const [rows = 0, width = 1] = shape;
  if (width !== 1) refuse(`${name} has the shape [${shape.join(', ')}]; it must be [n] or [n, 1]`);
  if (rows < 1 || rows > MAX_ITEMS) refuse(`${name} has ${rows} rows; 1 to ${MAX_ITEMS} are taken`);
  return rows;
}
function textsIn({ name, data }: Input, rows: number): readonly string[] {
  const texts = (data ?? refuse(`${name} has no data`)).flat().map((one) => (typeof one === 'string' ? one : refuse(`${name} has data that is no text`)));
  return texts.length === rows ? texts : refuse(`${name} has ${texts.length} values, its shape says ${rows}`);
}
/** Each element: its length as 4 bytes, little end first, then its bytes. */
function unpack(name: string, bytes: Uint8Array, rows: number): readonly string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > bytes.length || texts.length === rows) refuse(`the bytes of ${name} are not ${rows} values with a length of 4 bytes each`);
    try {
      texts.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
    } catch {
      refuse(`row ${texts.length} of ${name} is not UTF-8`);
    }
    at += 4 + length;
  }
  return texts.length === rows ? texts : refuse(`${name} has ${texts.length} values, its shape says ${rows}`);
}
/** All outputs when none is named. */
function wantedIn({ outputs = [], parameters }: InferRequest): readonly Wanted[] {
  const allBinary = parameters?.['binary_data_output'] === true;
  if (outputs.length === 0) return OUTPUTS.map((name) => ({ name, binary: allBinary }));
  return outputs.map(({ name: given, parameters: of }) => {
    if (of?.['classification'] !== undefined) refuse(`the classification of output '${given}' is not served; probabilities and categories tell the same`);
    const name = OUTPUTS.find((one) => one === given) ?? refuse(`there is no output '${given}'; there is ${OUTPUTS.join(', ')}`);
    return { name, binary: typeof of?.['binary_data'] === 'boolean' ? of['binary_data'] : allBinary };
  });
}
