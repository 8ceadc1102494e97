// Tells MLflow one row, and who is champion. Every step looks first whether it is done already: cut off anywhere and repeated, it ends in the same state.
import { LoopError } from '../../schemas/failure.ts';
import type { Artifacts } from '../record/artifacts.ts';
import type { Run, Tracking } from './client.ts';
import { CHAMPION, filesOf, MODEL_TAG, mlModelOf, RUN_TAG, toldOf, versionOf, type MirroredRow, type Pair } from './mapping.ts';

export type Objects = Pick<Artifacts, 'read' | 'write'>;
export type Edges = { readonly mlflow: Tracking; readonly objects: Objects };
const isPoison = (error: unknown): boolean => error instanceof LoopError && error.kind === 'poison';

/** undefined when the object is not there any more. */
async function readIfThere(objects: Objects, uri: string): Promise<Buffer | undefined> {
  try {
    return await objects.read(uri);
  } catch (error) {
    if (isPoison(error)) return undefined;
    throw error;
  }
}
/** The one of several that all agree on; the others are what two tellers left behind, and go. */
async function settle<T>(found: readonly T[], order: (a: T, b: T) => number, remove: (extra: T) => Promise<unknown>): Promise<T | undefined> {
  const [first, ...extra] = [...found].sort(order);
  for (const one of extra) await remove(one);
  return first;
}

/** The run of a row. A teller that died after it made the run left the tag there; looking again after making it also finds what another made at the same moment. */
async function runOf({ mlflow }: Edges, experiment: string, told: ReturnType<typeof toldOf>): Promise<Run> {
  const tag = told.tags.find((one) => one.key === RUN_TAG) ?? { key: RUN_TAG, value: '' };
  const standing = await mlflow.runsTagged(experiment, tag);
  const made = standing.length === 0 ? await mlflow.createRun(experiment, told, [tag]) : undefined;
  const all = made === undefined ? standing : await mlflow.runsTagged(experiment, tag);
  const run = (await settle(all, (a, b) => (a.runId < b.runId ? -1 : 1), (extra) => mlflow.deleteRun(extra.runId))) ?? made;
  if (run === undefined) throw new LoopError('transient', 'mlflow_away', `MLflow has lost the run of ${tag.value}`);
  return run;
}
async function register({ mlflow }: Edges, modelName: string, about: ReturnType<typeof versionOf>, runId: string, tag: Pair): Promise<void> {
  await mlflow.registerModel(modelName);
  if ((await mlflow.versionsTagged(modelName, tag)).length === 0) await mlflow.createVersion(modelName, { ...about, runId });
  await settle(await mlflow.versionsTagged(modelName, tag), (a, b) => Number(a.version) - Number(b.version), (extra) => mlflow.deleteVersion(modelName, extra.version));
}

/** Tells MLflow the whole row; gives the id of its run there. */
export async function mirrorRow(row: MirroredRow, edges: Edges): Promise<string> {
  const { mlflow, objects } = edges;
  const manifestBytes = row.manifest_s3 === null ? undefined : await readIfThere(objects, row.manifest_s3);
  const manifest: unknown = manifestBytes === undefined ? undefined : JSON.parse(manifestBytes.toString());
  const weightsFile: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'weights_file') : undefined;
  const told = toldOf(row, manifest);
  const experiment = await mlflow.experiment(row.model_name);
  let run = await runOf(edges, experiment, told);
  try {
    await mlflow.log(run.runId, told);
  } catch (error) {
    if (!isPoison(error)) throw error;
    // A parameter cannot be changed: a half-told run of an older program of ours is told anew.
    await mlflow.deleteRun(run.runId);
    run = await runOf(edges, experiment, told);
    await mlflow.log(run.runId, told);
  }
  const put = (name: string, bytes: Uint8Array): Promise<void> => (run.artifactUri.startsWith('s3://') ? objects.write(`${run.artifactUri}/${name}`, bytes) : mlflow.putArtifact(run.artifactUri, name, bytes));
  for (const { from, name } of filesOf(row, typeof weightsFile === 'string' ? weightsFile : undefined)) {
    const bytes = await readIfThere(objects, from);
    if (bytes !== undefined) await put(name, bytes);
  }
  if (told.dataset !== undefined) await mlflow.logDataset(run.runId, told.dataset);
  if (row.promotion_seq !== null && row.manifest_s3 !== null) {
    if (typeof weightsFile === 'string') await put('model/MLmodel', Buffer.from(mlModelOf(row, run.runId, weightsFile)));
    await register(edges, row.model_name, versionOf({ ...row, manifest_s3: row.manifest_s3 }, run.artifactUri), run.runId, { key: MODEL_TAG, value: row.manifest_s3 });
  }
  await mlflow.endRun(run.runId, told);
  return run.runId;
}

/** The standing champion of a model: its ended row with the highest promotion_seq. */
export type Standing = { readonly modelName: string; readonly manifestUri: string };
/** The alias comes to name the standing champion, or is left as it is while that has no version yet: it never goes back to an older promotion. stillMine: asked right before a change. */
export async function pointAtChampion({ modelName, manifestUri }: Standing, { mlflow }: Edges, stillMine: () => Promise<boolean>): Promise<'stands' | 'moved' | 'not yet'> {
  const [version] = await mlflow.versionsTagged(modelName, { key: MODEL_TAG, value: manifestUri });
  if (version === undefined) return 'not yet';
  if ((await mlflow.aliased(modelName, CHAMPION)) === version.version) return 'stands';
  if (!(await stillMine())) return 'not yet';
  await mlflow.setAlias(modelName, CHAMPION, version.version);
  return 'moved';
}
