// Objects in S3: corpora, datasets, models (ordinary tfjs files beside our manifest) and run reports. Content-addressed where it matters.
import { Client as Minio } from 'minio';
import { createReadObject, placeOf, sha256, type ReadObject } from '../consumers/objects.ts';
import { messageOf, transient } from '../schemas/failure.ts';
import { readManifest, readScorer, weightsUriOf } from '../schemas/load.ts';
import type { Manifest } from '../schemas/manifest.ts';
import type { Scorer } from '../schemas/scorer.ts';
import { sparseWeights } from '../schemas/weights.ts';
import { s3Options, type Settings } from '../schemas/settings.ts';

export type StoredModel = { readonly manifestUri: string; readonly manifestSha256: string; readonly weightsUri: string; readonly weightsSha256: string };
export type Artifacts = {
  readonly read: ReadObject;
  write(uri: string, bytes: Uint8Array | string): Promise<void>;
  storeModel(manifest: Omit<Manifest, 'weights_file' | 'weights_sha256' | 'weights_bytes' | 'format' | 'features'>, weights: Float32Array): Promise<StoredModel>;
  /** Loads and checks as inference will: checksums, then the self-test. Throws poison with the reason. */
  loadModel(manifestUri: string, manifestSha256: string | undefined): Promise<{ readonly manifest: Manifest; readonly score: Scorer }>;
};

export function createArtifacts(settings: Settings): Artifacts {
  const s3 = new Minio(s3Options(settings));
  const read = createReadObject(settings);
  async function write(uri: string, bytes: Uint8Array | string): Promise<void> {
    const { bucket, key } = placeOf(uri);
    try {
      await s3.putObject(bucket, key, Buffer.from(bytes as Uint8Array));
    } catch (cause) {
      throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not take ${uri} (${messageOf(cause)})`, { cause });
    }
  }
  return {
    read,
    write,
    async storeModel(facts, weights) {
      const width = facts.categories.length;
      const { bytes, features } = sparseWeights(weights, width);
      const weightsSha256 = sha256(bytes);
      const home = `s3://models/${facts.model_name}/${weightsSha256}`;
      const manifest: Manifest = { ...facts, format: 2, features, weights_file: 'weights.bin', weights_sha256: weightsSha256, weights_bytes: bytes.length };
      const tfjs = {
        format: 'layers-model', generatedBy: 'live-f1-loop', modelTopology: null,
        weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'feature', shape: [features], dtype: 'int32' }, { name: 'W', shape: [features, width], dtype: 'float32' }, { name: 'b', shape: [width], dtype: 'float32' }] }],
      };
      const text = JSON.stringify(manifest);
      // Two runs may end in the same weights: each keeps its own manifest beside them.
      const manifestUri = `${home}/manifest-${facts.run_id}.json`;
      await Promise.all([write(`${home}/weights.bin`, bytes), write(`${home}/model.json`, JSON.stringify(tfjs)), write(manifestUri, text)]);
      return { manifestUri, manifestSha256: sha256(text), weightsUri: `${home}/weights.bin`, weightsSha256 };
    },
    async loadModel(manifestUri, manifestSha256) {
      const manifest = readManifest(manifestUri, await read(manifestUri), manifestSha256, sha256);
      const score = readScorer(manifestUri, manifest, await read(weightsUriOf(manifestUri, manifest)), sha256);
      return { manifest, score };
    },
  };
}
