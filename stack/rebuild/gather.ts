// Reads what S3 and Kafka still know of runs, jobs and promotions.
import { createHash } from 'node:crypto';
import { openRegistry } from '../../producers/connections.ts';
import { readToEnd } from '../../consumers/readToEnd.ts';
import { jobFileUriOf } from '../../schemas/ids.ts';
import { kindOf, messageOf } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import { rowIdFrom } from '../../trainer/jobs/claim.ts';
import { createArtifacts, type Artifacts } from '../../trainer/record/artifacts.ts';
import { readPromotions } from '../../trainer/record/known.ts';
import { readJobFile, readRunFile, type RowFile } from '../../schemas/rowFile.ts';
import type { Asked, Sources, Tools } from './plan.ts';

export type Gathered = Sources & { readonly jobs: readonly RowFile[]; /** objects that should be such files and are not */ readonly broken: readonly string[]; /** batch outputs without a file of their job */ readonly unknownJobs: readonly string[] };
const AT_ONCE = 16;

export const tools: Tools = { iso: (ms) => new Date(ms).toISOString(), idOf: (retrainId) => rowIdFrom(createHash('sha256').update(retrainId).digest('hex')) };

async function readAll(artifacts: Pick<Artifacts, 'read'>, uris: readonly string[], read: (uri: string, text: string) => RowFile, broken: string[]): Promise<RowFile[]> {
  const files: RowFile[] = [];
  for (let from = 0; from < uris.length; from += AT_ONCE) {
    const some = await Promise.all(uris.slice(from, from + AT_ONCE).map(async (uri) => {
      try {
        return read(uri, (await artifacts.read(uri)).toString());
      } catch (error) {
        if (kindOf(error) !== 'poison') throw error;
        broken.push(messageOf(error));
        return undefined;
      }
    }));
    files.push(...some.filter((one) => one !== undefined));
  }
  return files;
}
async function readRequests(settings: Settings): Promise<Asked[]> {
  const registry = openRegistry(settings);
  const asked: Asked[] = [];
  await readToEnd({
    settings, clientId: 'rebuild', topics: ['retrain-requests'],
    async onRecord({ value, timestampMs, partition, offset }) {
      if (value === null) return;
      try {
        asked.push({ request: await registry.decode('retrain-requests', value), atMs: timestampMs, partition, offset: Number(offset) });
      } catch (error) {
        if (kindOf(error) !== 'poison') throw error;
      }
    },
  });
  return asked;
}

export async function gather(settings: Settings): Promise<Gathered> {
  const artifacts = createArtifacts(settings);
  const [models, batches, promotions, requests] = await Promise.all([artifacts.list('s3://models/'), artifacts.list('s3://inference/'), readPromotions(settings, openRegistry(settings)), readRequests(settings)]);
  const broken: string[] = [];
  const runUris = models.map(({ uri }) => uri).filter((uri) => /^s3:\/\/models\/[^/]+\/runs\/[^/]+\.json$/.test(uri));
  const jobIds = batches.flatMap(({ uri }) => /^s3:\/\/inference\/([^/]+)\/job\.json$/.exec(uri)?.[1] ?? []);
  const outputs = batches.flatMap(({ uri }) => /^s3:\/\/inference\/([^/]+)\/predictions\.csv$/.exec(uri)?.[1] ?? []);
  return {
    files: await readAll(artifacts, runUris, readRunFile, broken), jobs: await readAll(artifacts, jobIds.map(jobFileUriOf), readJobFile, broken), models: promotions, requests, trainBuckets: settings.trainBuckets, broken,
    unknownJobs: outputs.filter((id) => !jobIds.includes(id)),
  };
}
