// Makes a run's dataset again from the base corpus, the given files and the labels below the recorded offsets, and compares it byte for byte.
import { sha256 } from '../../consumers/objects.ts';
import { gather, type DatasetManifest, type Ports } from './dataset.ts';

export type Rebuilt = { readonly csv: string; readonly same: boolean; /** why it may differ, in words */ readonly reasons: readonly string[] };

/** What the log has forgotten is told, not guessed: `examples` keeps the newest word per prediction, so a label that was corrected or withdrawn after the run may no longer stand as it was. */
export async function rebuild(manifest: DatasetManifest, ports: Ports): Promise<Rebuilt> {
  const { rows, csv, files, labels, overwritten } = await gather(manifest.plan, ports, manifest.offsets);
  const same = sha256(csv) === manifest.hash;
  const reasons: string[] = [];
  if (!same) {
    for (const was of manifest.files) if (files.find((one) => one.uri === was.uri)?.sha256 !== was.sha256) reasons.push(`${was.uri} has changed since the run`);
    if (overwritten > 0) reasons.push(`${overwritten} predictions were labelled anew, corrected or withdrawn since, and of some of them compaction has removed what was said before`);
    if (labels !== manifest.labels) reasons.push(`the run saw ${manifest.labels} labels, of which the log still holds ${labels} as they were`);
    if (reasons.length === 0) reasons.push(`the same sources give ${rows.length} rows with another SHA-256: the rules of the dataset have changed, or the dataset of its champion is lost`);
  }
  return { csv, same, reasons };
}
