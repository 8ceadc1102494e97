// The hand-made model on the real stack: its objects in S3 and its promotion on `models`, for tests whose instances serve MODEL_NAME=tiny.
import { Client as Minio } from 'minio';
import { s3Options } from '../producers/connections.ts';
import { parseS3Uri } from '../schemas/s3Uri.ts';
import type { Bench } from '../stack/testing.ts';
import { tinyModel } from './tiny.testing.ts';

export async function promoteTiny({ settings, publisher }: Bench): Promise<void> {
  const s3 = new Minio(s3Options(settings));
  const { promoted, objects } = tinyModel(1, 0);
  for (const [uri, bytes] of objects) {
    const place = parseS3Uri(uri);
    await s3.putObject(place?.bucket ?? '', place?.key ?? '', bytes);
  }
  await publisher.send([{ topic: 'models', key: 'tiny', value: promoted }]);
}
