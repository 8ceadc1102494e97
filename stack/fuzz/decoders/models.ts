// Stored models: the manifest, and the manifest with the weights beside it (weights.bin of the tfjs files), as the loader meets them.
import { sha256 } from '../../../consumers/sha256.ts';
import { readManifest, readScorer, weightsUriOf } from '../../../schemas/load.ts';
import { parseManifest } from '../../../schemas/manifest.ts';
import { join, mutate, mutateEither, mutateJsonText } from '../mutate.ts';
import { Broken, bytesOf, type Decoder } from '../run.ts';

const utf8 = new TextDecoder();
/** In a manifest of the corpus: the checksum of whatever weights follow, so that changed weights come as far as whoever reads them. */
const SIGNED = '"SIGNED"';
const URI = 's3://models/m/0/manifest.json';
const home = (uri: string): string => uri.slice(0, uri.lastIndexOf('/'));

function manifestOf(bytes: Uint8Array): unknown {
  const manifest = parseManifest(utf8.decode(bytes).replace(SIGNED, `"${'0'.repeat(64)}"`));
  const uri = weightsUriOf(URI, manifest);
  if (home(uri) !== home(URI)) throw new Broken(`the weights lie at ${uri}`);
  return manifest;
}
/** The manifest's length in four bytes, little end first; the manifest; the weights. */
function partsOf(bytes: Uint8Array): readonly [manifest: Uint8Array, weights: Uint8Array] {
  const length = bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  return [bytes.subarray(4, 4 + length), bytes.subarray(4 + length)];
}
const put = (manifest: Uint8Array, weights: Uint8Array): Uint8Array => join([Uint8Array.of(manifest.length & 255, manifest.length >> 8, 0, 0), manifest, weights]);
function modelOf(bytes: Uint8Array): unknown {
  const [text, weights] = partsOf(bytes);
  const manifest = readManifest(URI, bytesOf(utf8.decode(text).replace(SIGNED, `"${sha256(weights)}"`)), undefined, sha256);
  return readScorer('m', manifest, weights.slice(), sha256)('Sparkling water lemon 330 ml');
}
const modelLike: Decoder['make'] = (random, seeds, tokens) => {
  const seed = random.pick(seeds);
  const [manifest, weights] = partsOf(seed);
  switch (random.below(3)) {
    case 0: return mutate(random, seeds, tokens);
    case 1: return put(mutateJsonText(random, manifest) ?? manifest, weights);
    default: {
      const changed = mutate(random, [weights], []);
      // As long as they are said to be.
      return put(manifest, random.below(2) === 0 ? changed : join([changed, weights]).slice(0, weights.length));
    }
  }
};
export const MODEL_DECODERS: readonly Decoder[] = [
  { name: 'manifest', share: 60, make: mutateEither, tokens: ['1e999', '-1', '"charMax":1e15', '"__proto__":', 'null', '24', '25'], decode: manifestOf },
  { name: 'model', share: 30, make: modelLike, tokens: ['1e999', '"charMax":24', '"wordBits":24'], decode: modelOf },
];
