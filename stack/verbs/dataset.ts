// ./loop dataset RUN: the exact rows a run learnt from and was judged on.
import { writeFileSync } from 'node:fs';
import { createReadObject, sha256 } from '../../consumers/objects.ts';
import { openRegistry } from '../../producers/connections.ts';
import { fatal, LoopError } from '../../schemas/failure.ts';
import { settingsFor } from '../../schemas/settings.ts';
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import { manifestUriOf, type DatasetManifest } from '../../trainer/data/dataset.ts';
import { rebuild } from '../../trainer/data/rebuild.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { jobOf } from './job.ts';
import { readArgs, type Verb } from './verb.ts';

/** What the manifest tells, in a few lines. */
export function datasetLines({ run_id, hash, path, counts, per_category, files, offsets, labels, set_aside }: DatasetManifest): string[] {
  return [
    `run ${run_id}: ${path}`,
    `SHA-256 ${hash}`,
    `${counts.training} rows to learn, ${counts.holdOut} held out, ${counts.recent} recent; from ${counts.base} base rows and ${counts.labelled} later ones (${labels} labels)`,
    `${counts.duplicates} duplicates dropped, ${counts.conflicts} rows overruled by a later word, ${counts.holdOutConflicts} hold-out rows contradicted (the hold-out stays)`,
    ...files.map((one) => `file ${one.uri}  ${one.rows} rows, ${one.refused} refused  SHA-256 ${one.sha256}`),
    ...set_aside.map((one) => `set aside in ${one.file}: ${one.first}`),
    `labels up to ${Object.entries(offsets).map(([place, next]) => `${place}:${next}`).join(' ')}`,
    ...Object.entries(per_category).map(([category, one]) => `  ${category}: ${one.training} to learn, ${one.hold_out} held out, ${one.evidence} evidence only, ${one.recent} recent`),
  ];
}

export const dataset: Verb = {
  summary: 'the exact dataset of a run: fetched, its SHA-256 checked, or made again',
  usage: `usage: ./loop dataset RUN [--out FILE] [--rebuild] [--json]
  --out FILE   write the rows there (CSV; part, source, time and weight of every row are columns)
  --rebuild    make it again from the corpora and the labels below the recorded offsets, and compare; done by itself when S3 has lost it
  --json       the manifest
Exit code 0: these are the bytes of the run (SHA-256). 1: they are not, with the reason. Rows that were erased since (./loop erase) are told; the file is then checked against the SHA-256 it was left with.`,
  async run(args) {
    const { values, words } = readArgs(args, { out: { type: 'string' }, rebuild: { type: 'boolean' }, json: { type: 'boolean' } });
    const [run] = words;
    if (run === undefined || words.length > 1) throw new UsageError('dataset needs one RUN: an id, a retrain id or a version (./loop runs)');
    const job = await jobOf(run);
    const { dataset_path: path, dataset_hash: hash } = job;
    if (typeof path !== 'string' || typeof hash !== 'string') throw fatal('no_dataset', `${run} has no dataset: it ended with '${String(job['outcome'] ?? job['status'])}'`);
    const context = openContext(process.env, { create: false });
    const settings = settingsFor(context.settings, String(job['model_name']));
    const read = createReadObject(settings);
    // A rollback brings back the dataset of another run.
    const manifestRun = await ownerOf(path, hash, job, read);
    const manifest = JSON.parse((await read(manifestUriOf(path, manifestRun))).toString()) as DatasetManifest;
    if (values.json) console.log(JSON.stringify(manifest, null, 2));
    else for (const line of datasetLines(manifest)) console.log(line);
    const stored = values.rebuild ? undefined : await read(path).catch((error: unknown) => {
      if (error instanceof LoopError && error.code === 'no_object') return undefined;
      throw error;
    });
    if (stored !== undefined && sha256(stored) === hash) {
      if (values.out !== undefined) writeFileSync(values.out, stored);
      console.error(`fetched: ${stored.length} bytes, SHA-256 as recorded${values.out === undefined ? '' : `; written to ${values.out}`}`);
      return 0;
    }
    const redacted = manifest.redacted ?? [];
    const erased = redacted.reduce((sum, one) => sum + one.rows, 0);
    if (stored !== undefined && redacted.at(-1)?.sha256_after === sha256(stored)) {
      if (values.out !== undefined) writeFileSync(values.out, stored);
      console.error(`fetched: ${stored.length} bytes, as redacted on ${redacted.map(({ at }) => at).join(', ')}: ${erased} rows less than the run saw; its own SHA-256 was ${hash}${values.out === undefined ? '' : `; written to ${values.out}`}`);
      return 0;
    }
    console.error(values.rebuild ? 'making it again ...' : `${stored === undefined ? 'S3 has lost it' : 'what S3 holds has another SHA-256'}: making it again ...`);
    const made = await rebuild(manifest, { settings, registry: openRegistry(settings), artifacts: createArtifacts(settings) });
    if (made.same && values.out !== undefined) writeFileSync(values.out, made.csv);
    console.error(made.same ? `made again from its sources: the same SHA-256${values.out === undefined ? '' : `; written to ${values.out}`}` : `cannot be made again byte for byte: ${[...(erased > 0 ? [`${erased} rows of it were erased`] : []), ...made.reasons].join('; ')}`);
    return made.same ? 0 : 1;
  },
};
async function ownerOf(path: string, hash: string, job: Readonly<Record<string, unknown>>, read: ReturnType<typeof createReadObject>): Promise<string> {
  const id = String(job['id']);
  if (job['kind'] !== 'rollback') return id;
  const { manifest_s3: uri } = job;
  if (typeof uri !== 'string') throw fatal('no_dataset', `${id} has no dataset ${hash} of its own at ${path}`);
  return (JSON.parse((await read(uri)).toString()) as { run_id: string }).run_id;
}
