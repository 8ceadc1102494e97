// From a promotion to a model that may serve: manifest, weights, checks, warm-up. Any failure keeps the old model.
import { webcrypto } from 'node:crypto';
import { sha256, type ReadObject } from '../../consumers/objects.ts';
import type { ModelPromoted } from '../../schemas/events.ts';
import { poison } from '../../schemas/failure.ts';
import { readManifest, readScorer, weightsUriOf } from '../../schemas/load.ts';
import type { Scorer } from '../../schemas/scorer.ts';

export type ServingModel = { readonly name: string; readonly version: string; readonly promotionSeq: number; readonly weightsSha256: string; /** where its manifest lies, and what it must be */ readonly manifest: { readonly uri: string; readonly sha256: string }; readonly categories: readonly string[]; readonly score: Scorer };
const WARM_UP_TEXTS = 50;
const { subtle } = webcrypto;

/** In a thread of its own: others are served meanwhile. */
const sha256Apart = async (bytes: Buffer): Promise<string> => Buffer.from(await subtle.digest('SHA-256', bytes)).toString('hex');

/** Throws poison when the objects are not what was promoted, transient when S3 does not answer. */
export async function loadModel(event: ModelPromoted, read: ReadObject): Promise<ServingModel> {
  const manifest = readManifest(event.manifest_uri, await read(event.manifest_uri), event.manifest_sha256, sha256);
  if (manifest.weights_sha256 !== event.weights_sha256) throw poison('checksum', `the manifest of ${event.model_version} names other weights than the promotion`);
  if (manifest.model_name !== event.model_name) throw poison('wrong_model', `${event.manifest_uri} is a model for '${manifest.model_name}', not for '${event.model_name}'`);
  const weights = await read(weightsUriOf(event.manifest_uri, manifest));
  const digest = await sha256Apart(weights);
  const score = readScorer(event.model_version, manifest, weights, () => digest);
  // Warm: the first request must not pay for compilation.
  for (let i = 0; i < WARM_UP_TEXTS; i += 1) score(manifest.golden[i % manifest.golden.length]?.text ?? '');
  return { name: event.model_name, version: event.model_version, promotionSeq: event.promotion_seq, weightsSha256: event.weights_sha256, manifest: { uri: event.manifest_uri, sha256: event.manifest_sha256 }, categories: manifest.categories, score };
}
