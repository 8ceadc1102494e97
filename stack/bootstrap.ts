// The base corpus and the order for the first training; doing either twice is doing it once.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client as Minio } from 'minio';
import mysql from 'mysql2/promise';
import { baseCorpus } from '../producers/catalogue.ts';
import { createKafka } from '../producers/kafka.ts';
import { orderRecord, type Order } from '../producers/order.ts';
import { createPublisher } from '../producers/publisher.ts';
import { mysqlOptions, s3Options } from '../producers/connections.ts';
import { writeTrainingCsv } from '../schemas/csv.ts';
import { fatal } from '../schemas/failure.ts';
import { retrainIdOf } from '../schemas/ids.ts';
import type { Registry } from '../schemas/registry.ts';
import { parseS3Uri } from '../schemas/s3Uri.ts';
import { settingsFor, type Settings } from '../schemas/settings.ts';
import { readPromotions } from '../trainer/record/known.ts';
import type { Context } from './context.ts';
import type { Say } from './fetch.ts';

type Settled = Pick<Context, 'settings'>;
export type CorpusOptions = { readonly dataset?: string | undefined; /** base corpus as CSV text; wins over dataset */ readonly corpus?: string | undefined; readonly say: Say };

/** Stores the base corpus when there is none. Returns the hash of what stands there. */
export async function ensureCorpus({ settings }: Settled, options: CorpusOptions): Promise<string> {
  const place = parseS3Uri(settings.baseCorpus);
  if (place === undefined) throw fatal('bad_settings', `BASE_CORPUS must look like s3://bucket/key, is '${settings.baseCorpus}'`);
  const s3 = new Minio(s3Options(settings));
  const standing = await s3.getObject(place.bucket, place.key).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'NoSuchKey') return undefined;
    throw error;
  });
  const hash = createHash('sha256');
  if (standing !== undefined) {
    for await (const chunk of standing) hash.update(chunk as Buffer);
    const digest = hash.digest('hex');
    if (options.dataset !== undefined && createHash('sha256').update(readFileSync(options.dataset)).digest('hex') !== digest) {
      throw fatal('corpus_stands', `--dataset: this data folder already has another base corpus (${settings.baseCorpus}). Start over with ./loop reset, or use another LOOP_HOME`);
    }
    return digest;
  }
  const text = options.corpus ?? (options.dataset === undefined ? writeTrainingCsv(baseCorpus(settings.seed)) : readFileSync(options.dataset, 'utf8'));
  await s3.putObject(place.bucket, place.key, Buffer.from(text));
  options.say(`stored the ${options.dataset === undefined && options.corpus === undefined ? 'synthetic' : 'given'} base corpus as ${settings.baseCorpus}`);
  return hash.update(text).digest('hex');
}

/** Orders the first training unless one was ever claimed, or Kafka knows a model: then MySQL has lost its rows, and a first training would know nothing of what serves. The id is the corpus's hash, so ordering twice is ordering once. */
export async function orderBootstrap({ settings }: Settled, registry: Registry, corpusHash: string): Promise<void> {
  const db = await mysql.createConnection(mysqlOptions(settings));
  const [rows] = await db.query<mysql.RowDataPacket[]>("SELECT 1 FROM auto_training WHERE model_name = ? AND (cause = 'bootstrap' AND status <> 'FAILED' OR promotion_seq IS NOT NULL) LIMIT 1", [settings.modelName]);
  const [failed] = await db.query<mysql.RowDataPacket[]>("SELECT COUNT(*) AS n FROM auto_training WHERE model_name = ? AND cause = 'bootstrap'", [settings.modelName]);
  await db.end();
  if (rows.length > 0 || (await readPromotions(settings, registry)).some((event) => event.model_name === settings.modelName)) return;
  const attempt = Number(failed[0]?.['n'] ?? 0);
  const retrainId = retrainIdOf(settings.modelName, 'bootstrap', `${corpusHash.slice(0, 16)}${attempt === 0 ? '' : `-${attempt}`}`);
  await order(settings, registry, { cause: 'bootstrap', retrainId });
}
/** Orders a training that is promoted whatever the gate says, also where the model that should serve is lost. */
export const orderNewModel = ({ settings }: Settled, registry: Registry, id: string): Promise<void> => order(settings, registry, { cause: 'manual', retrainId: retrainIdOf(settings.modelName, 'manual', id), force: true });

async function order(settings: Settings, registry: Registry, what: Pick<Order, 'cause' | 'retrainId' | 'force'>): Promise<void> {
  const publisher = await createPublisher({ kafka: createKafka(settings, 'up'), registry, settings });
  await publisher.send([orderRecord({ ...what, modelName: settings.modelName, atMs: Date.now(), by: 'loop up', threshold: settingsFor(settings, settings.modelName).minF1 })]);
  await publisher.close();
}
