// The load check: what the trainer runs before it announces a model is what inference runs before it serves one.
import { poison } from './failure.ts';
import { parseManifest, type Manifest } from './manifest.ts';
import { featureCount } from './features.ts';
import { createScorer, scorerOf, selfTest, type Scorer } from './scorer.ts';
import { packStored } from './weights.ts';

/** Hex SHA-256; an argument, because hashing is not pure here. */
export type Sha256 = (bytes: Uint8Array) => string;

/** The manifest in these bytes. expected: the announced SHA-256, undefined when none was. Throws poison `checksum` or `bad_manifest`. */
export function readManifest(uri: string, bytes: Uint8Array, expected: string | undefined, sha256: Sha256): Manifest {
  if (expected !== undefined && sha256(bytes) !== expected) throw poison('checksum', `${uri} is not what was promoted: its SHA-256 differs`);
  return parseManifest(new TextDecoder().decode(bytes));
}
export const weightsUriOf = (manifestUri: string, manifest: Manifest): string => manifestUri.replace(/[^/]+$/, manifest.weights_file);

/** The memory of these bytes when it is theirs alone, else a copy: floats are read from its start. */
const ownMemory = (bytes: Uint8Array): ArrayBuffer => (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : new Uint8Array(bytes).buffer);
/** A scorer from the weights, which it keeps, after checksum and self-test; `name` is what the errors call the model. Throws poison `checksum`, `bad_weights` or `self_test`. */
export function readScorer(name: string, manifest: Manifest, bytes: Uint8Array, sha256: Sha256): Scorer {
  if (bytes.length !== manifest.weights_bytes || sha256(bytes) !== manifest.weights_sha256) throw poison('checksum', `the weights of ${name} are damaged: size or SHA-256 differs from its manifest`);
  const aligned = ownMemory(bytes);
  const score = manifest.format === 1 ? createScorer(manifest, new Float32Array(aligned)) : scorerOf(manifest, packStored(name, aligned, { features: manifest.features ?? 0, all: featureCount(manifest.recipe), width: manifest.categories.length }));
  const failed = selfTest(manifest, score);
  if (failed.length > 0) throw poison('self_test', `${name} does not reproduce ${failed.length} of ${manifest.golden.length} golden rows, first '${failed[0]?.text}'`);
  return score;
}
