// From a promotion to a model that may serve: manifest, checksums, weights, self-test, warm-up. Any failure keeps the old model.
import { createHash } from 'node:crypto';
import { Client as Minio } from 'minio';
import type { ModelPromoted } from '../schemas/events.ts';
import { messageOf, poison, transient } from '../schemas/failure.ts';
import { parseManifest } from '../schemas/manifest.ts';
import { createScorer, selfTest, type Scorer } from '../schemas/scorer.ts';
import { parseS3Uri, s3Options, type Settings } from '../schemas/settings.ts';

export type ServingModel = { readonly name: string; readonly version: string; readonly promotionSeq: number; readonly weightsSha256: string; readonly categories: readonly string[]; readonly score: Scorer };
export type ReadObject = (uri: string) => Promise<Buffer>;
const WARM_UP_TEXTS = 50;

export function createReadObject(settings: Settings): ReadObject {
  const s3 = new Minio(s3Options(settings));
  return async (uri) => {
    const place = parseS3Uri(uri);
    if (place === undefined) throw poison('bad_uri', `'${uri}' is not an s3://bucket/key address`);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of await s3.getObject(place.bucket, place.key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } catch (cause) {
      throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not give ${uri} (${messageOf(cause)})`, { cause });
    }
  };
}
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Throws poison when the objects are not what was promoted, transient when S3 does not answer. */
export async function loadModel(event: ModelPromoted, read: ReadObject): Promise<ServingModel> {
  const manifestBytes = await read(event.manifest_uri);
  if (event.manifest_sha256 !== '' && sha256(manifestBytes) !== event.manifest_sha256) throw poison('checksum', `${event.manifest_uri} is not what was promoted: SHA-256 differs`);
  const manifest = parseManifest(manifestBytes.toString());
  if (manifest.weights_sha256 !== event.weights_sha256) throw poison('checksum', `the manifest of ${event.model_version} names other weights than the promotion`);
  const bytes = await read(event.manifest_uri.replace(/[^/]+$/, manifest.weights_file));
  if (bytes.length !== manifest.weights_bytes || sha256(bytes) !== manifest.weights_sha256) throw poison('checksum', `the weights of ${event.model_version} are damaged: SHA-256 differs`);
  const score = createScorer(manifest, new Float32Array(new Uint8Array(bytes).buffer));
  const failed = selfTest(manifest, score);
  if (failed.length > 0) throw poison('self_test', `${event.model_version} does not reproduce ${failed.length} of ${manifest.golden.length} golden rows, first '${failed[0]?.text}'`);
  // Warm: the first request must not pay for compilation.
  for (let i = 0; i < WARM_UP_TEXTS; i += 1) score(manifest.golden[i % manifest.golden.length]?.text ?? '');
  return { name: event.model_name, version: event.model_version, promotionSeq: event.promotion_seq, weightsSha256: event.weights_sha256, categories: manifest.categories, score };
}
