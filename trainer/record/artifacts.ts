// Objects in S3: corpora, datasets, models (ordinary tfjs files beside our manifest) and run reports. Content-addressed where it matters.
import { Client as Minio } from 'minio';
import { createReadObject, placeOf, sha256, type ReadObject } from '../../consumers/objects.ts';
import { s3Options } from '../../producers/connections.ts';
import { LoopError, messageOf, poison, transient } from '../../schemas/failure.ts';
import { readManifest, readScorer, weightsUriOf } from '../../schemas/load.ts';
import type { Manifest } from '../../schemas/manifest.ts';
import type { Scorer } from '../../schemas/scorer.ts';
import { sparseWeights } from '../../schemas/weights.ts';
import type { Settings } from '../../schemas/settings.ts';

export type StoredModel = { readonly manifestUri: string; readonly manifestSha256: string; readonly weightsUri: string; readonly weightsSha256: string };
export type Stored = { readonly uri: string; readonly bytes: number; readonly modifiedMs: number };
export type Artifacts = {
  readonly read: ReadObject;
  write(uri: string, bytes: Uint8Array | string): Promise<void>;
  /** Writes what must never change: an object that stands with the same bytes is left alone. Throws poison `immutable` where other bytes stand. */
  keep(uri: string, bytes: Uint8Array | string): Promise<void>;
  /** All objects whose address begins so. */
  list(prefix: string): Promise<readonly Stored[]>;
  remove(uris: readonly string[]): Promise<void>;
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
  async function keep(uri: string, bytes: Uint8Array | string): Promise<void> {
    const standing = await read(uri).catch((error: unknown) => {
      if (error instanceof LoopError && error.code === 'no_object') return undefined;
      throw error;
    });
    if (standing === undefined) return write(uri, bytes);
    if (sha256(standing) !== sha256(bytes)) throw poison('immutable', `${uri} stands with other bytes: stored models are never overwritten. It is damaged, or not ours`);
  }
  const awayFrom = (uri: string) => (cause: unknown): never => {
    throw transient('s3_unavailable', `S3 at ${settings.s3Endpoint} does not answer for ${uri} (${messageOf(cause)})`, { cause });
  };
  async function list(prefix: string): Promise<Stored[]> {
    const [, bucket = '', start = ''] = /^s3:\/\/([^/]+)\/(.*)$/.exec(prefix) ?? [];
    const found: Stored[] = [];
    try {
      for await (const { name, size, lastModified } of s3.listObjectsV2(bucket, start, true) as AsyncIterable<{ name?: string; size: number; lastModified?: Date }>) {
        if (name !== undefined) found.push({ uri: `s3://${bucket}/${name}`, bytes: size, modifiedMs: lastModified?.getTime() ?? 0 });
      }
    } catch (cause) {
      awayFrom(prefix)(cause);
    }
    return found;
  }
  return {
    read,
    write,
    keep,
    list,
    async remove(uris) {
      const byBucket = Map.groupBy(uris.map(placeOf), ({ bucket }) => bucket);
      for (const [bucket, places] of byBucket) await s3.removeObjects(bucket, places.map(({ key }) => key)).catch(awayFrom(bucket));
    },
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
      const manifestUri = `${home}/manifest-${facts.run_id}-${sha256(text).slice(0, 12)}.json`;
      await Promise.all([keep(`${home}/weights.bin`, bytes), keep(`${home}/model.json`, JSON.stringify(tfjs)), keep(manifestUri, text)]);
      return { manifestUri, manifestSha256: sha256(text), weightsUri: `${home}/weights.bin`, weightsSha256 };
    },
    async loadModel(manifestUri, manifestSha256) {
      const manifest = readManifest(manifestUri, await read(manifestUri), manifestSha256, sha256);
      const score = readScorer(manifestUri, manifest, await read(weightsUriOf(manifestUri, manifest)), sha256);
      return { manifest, score };
    },
  };
}
