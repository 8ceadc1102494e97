// Objects in S3: corpora, datasets, models (ordinary tfjs files beside our manifest) and run reports. Content-addressed where it matters.
import { createHash } from 'node:crypto';
import { Client as Minio } from 'minio';
import { fatal, messageOf, poison, transient } from '../schemas/failure.ts';
import { featureCount } from '../schemas/features.ts';
import { parseManifest, type Manifest } from '../schemas/manifest.ts';
import { createScorer, selfTest, type Scorer } from '../schemas/scorer.ts';
import { parseS3Uri, s3Options, type Settings } from '../schemas/settings.ts';

export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');
export type StoredModel = { readonly manifestUri: string; readonly manifestSha256: string; readonly weightsUri: string; readonly weightsSha256: string };
export type Artifacts = {
  /** Throws poison `no_object` when it is not there. */
  read(uri: string): Promise<Buffer>;
  write(uri: string, bytes: Uint8Array | string): Promise<void>;
  storeModel(manifest: Omit<Manifest, 'weights_file' | 'weights_sha256' | 'weights_bytes' | 'format'>, weights: Float32Array): Promise<StoredModel>;
  /** Loads and checks as inference will: checksums, then the self-test. Throws poison with the reason. */
  loadModel(manifestUri: string, manifestSha256: string | undefined): Promise<{ readonly manifest: Manifest; readonly score: Scorer }>;
};

export function createArtifacts(settings: Settings): Artifacts {
  const s3 = new Minio(s3Options(settings));
  const place = (uri: string): { bucket: string; key: string } => {
    const parsed = parseS3Uri(uri);
    if (parsed === undefined) throw poison('bad_uri', `'${uri}' is not an s3://bucket/key address`);
    return parsed;
  };
  async function read(uri: string): Promise<Buffer> {
    const { bucket, key } = place(uri);
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of await s3.getObject(bucket, key)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    } catch (cause) {
      const code = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
      if (code === 'NoSuchKey' || code === 'NotFound' || code === 'NoSuchBucket') throw poison('no_object', `there is no object ${uri}`, { cause });
      throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not give ${uri} (${messageOf(cause)})`, { cause });
    }
  }
  async function write(uri: string, bytes: Uint8Array | string): Promise<void> {
    const { bucket, key } = place(uri);
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
      const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
      const weightsSha256 = sha256(bytes);
      const home = `s3://models/${facts.model_name}/${weightsSha256}`;
      const features = featureCount(facts.recipe);
      const width = facts.categories.length;
      const manifest: Manifest = { ...facts, format: 1, weights_file: 'weights.bin', weights_sha256: weightsSha256, weights_bytes: bytes.length };
      const tfjs = {
        format: 'layers-model', generatedBy: 'live-f1-loop', modelTopology: null,
        weightsManifest: [{ paths: ['weights.bin'], weights: [{ name: 'W', shape: [features, width], dtype: 'float32' }, { name: 'b', shape: [width], dtype: 'float32' }] }],
      };
      const text = JSON.stringify(manifest);
      // Two runs may end in the same weights: each keeps its own manifest beside them.
      const manifestUri = `${home}/manifest-${facts.run_id}.json`;
      await Promise.all([write(`${home}/weights.bin`, bytes), write(`${home}/model.json`, JSON.stringify(tfjs)), write(manifestUri, text)]);
      return { manifestUri, manifestSha256: sha256(text), weightsUri: `${home}/weights.bin`, weightsSha256 };
    },
    async loadModel(manifestUri, manifestSha256) {
      const text = await read(manifestUri);
      if (manifestSha256 !== undefined && sha256(text) !== manifestSha256) throw poison('checksum', `${manifestUri} has another SHA-256 than was announced`);
      const manifest = parseManifest(text.toString());
      const bytes = await read(manifestUri.replace(/[^/]+$/, manifest.weights_file));
      if (sha256(bytes) !== manifest.weights_sha256) throw poison('checksum', `the weights of ${manifestUri} have another SHA-256 than its manifest says`);
      if (bytes.length !== manifest.weights_bytes) throw fatal('bad_weights', `the weights of ${manifestUri} have ${bytes.length} bytes, not ${manifest.weights_bytes}`);
      const score = createScorer(manifest, new Float32Array(new Uint8Array(bytes).buffer));
      const failed = selfTest(manifest, score);
      if (failed.length > 0) throw poison('self_test', `the model of ${manifestUri} does not reproduce ${failed.length} of ${manifest.golden.length} golden rows, first '${failed[0]?.text}'`);
      return { manifest, score };
    },
  };
}
