// The S3 side of an erasure: CSV files of datasets and batch jobs rewritten without the rows, manifests told, and what holds a text and cannot be changed.
import { sha256 } from '../../consumers/objects.ts';
import { kindOf } from '../../schemas/failure.ts';
import type { Artifacts } from '../../trainer/record/artifacts.ts';
import { formsOf, markRedacted, type Target } from './plan.ts';
import { redactCsv } from './redact.ts';

export type Rewritten = { readonly uri: string; readonly removed: number };
export type Swept = { readonly rewritten: readonly Rewritten[]; /** could not be read as CSV, or are too large */ readonly skipped: readonly string[]; /** hold the text and are never changed */ readonly remains: readonly string[] };
const LARGEST_BYTES = 400_000_000;
const MODEL_FILE = /\.(json|html)$/;
const DATASET = /^(s3:\/\/dataset\/auto\/[0-9a-f]{64}\/)rows\.csv$/;

/** do: false, it only looks. May be repeated: what is done is not there to be done again. */
export async function sweepObjects(artifacts: Pick<Artifacts, 'list' | 'read' | 'write'>, target: Target, { erasureId, at, doIt }: { readonly erasureId: string; readonly at: string; readonly doIt: boolean }): Promise<Swept> {
  const rewritten: Rewritten[] = [];
  const skipped: string[] = [];
  const remains: string[] = [];
  const objects = [...(await artifacts.list('s3://dataset/')), ...(await artifacts.list('s3://inference/'))];
  for (const { uri, bytes } of objects.filter((one) => one.uri.toLowerCase().endsWith('.csv'))) {
    if (bytes > LARGEST_BYTES) {
      skipped.push(`${uri} has ${bytes} bytes, at most ${LARGEST_BYTES} are read: remove it yourself, or the rows`);
      continue;
    }
    const before = await artifacts.read(uri);
    let redacted;
    try {
      redacted = redactCsv(before.toString('utf8'), target);
    } catch (error) {
      if (kindOf(error) !== 'poison') throw error;
      skipped.push(`${uri} is no CSV that can be read: look into it yourself`);
      continue;
    }
    if (redacted === undefined) continue;
    rewritten.push({ uri, removed: redacted.removed });
    if (!doIt) continue;
    const home = DATASET.exec(uri)?.[1];
    // The manifests first: a file that has changed and does not say so looks damaged.
    if (home !== undefined) for (const manifest of objects.filter((one) => one.uri.startsWith(`${home}manifest-`))) await artifacts.write(manifest.uri, markRedacted((await artifacts.read(manifest.uri)).toString(), { at, erasure_id: erasureId, rows: redacted.removed, sha256_before: sha256(before), sha256_after: sha256(redacted.text) }));
    await artifacts.write(uri, redacted.text);
  }
  const forms = formsOf(target.spellings);
  for (const { uri } of (await artifacts.list('s3://models/')).filter((one) => MODEL_FILE.test(one.uri))) {
    const text = (await artifacts.read(uri)).toString();
    if (forms.some((form) => text.includes(form))) remains.push(uri);
  }
  return { rewritten, skipped, remains };
}
