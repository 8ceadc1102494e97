// A folder of verified files: read and checked whole, the subset stored, then the rows that name a prediction sent as feedback. May be repeated at any point.
import { sha256 } from '../../consumers/objects.ts';
import { createKafka } from '../../producers/kafka.ts';
import { createPublisher } from '../../producers/publisher.ts';
import { prefixOf } from '../../schemas/addresses.ts';
import { readCsv, refusalText, writeCsv, type CsvRefusal } from '../../schemas/csv.ts';
import { poison } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import { verifiedSubsetUriOf } from '../../schemas/verified.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts } from '../record/artifacts.ts';
import { namingFile, type BadRows } from './dataset.ts';
import { feedbackOf, subsetCsv, type VerifiedFile } from './verified.ts';

export type Taken = { readonly dir: string; readonly subset: string; readonly files: number; readonly verified: number; readonly feedback: number; readonly set_aside: number; readonly set_aside_file: string | null };

/** Throws poison naming the file, row and column, and then nothing has been sent. */
export async function takeVerified(runId: string, { dir, badRows, saidAtMs }: { dir: string; badRows: BadRows; saidAtMs: number }, { settings, registry, artifacts }: { settings: Settings; registry: Registry; artifacts: Artifacts }): Promise<Taken> {
  const found = (await artifacts.list(prefixOf(dir))).filter(({ uri }) => uri.toLowerCase().endsWith('.csv')).sort((a, b) => (a.uri < b.uri ? -1 : 1));
  if (found.length === 0) throw poison('empty_folder', `there is no .csv file in ${prefixOf(dir)}`);
  const bytes = found.reduce((sum, one) => sum + one.bytes, 0);
  if (bytes > settings.maxCsvBytes) throw poison('too_large', `the ${found.length} files in ${prefixOf(dir)} have ${bytes} bytes together; at most ${settings.maxCsvBytes} are read (MAX_CSV_BYTES). Send them in several jobs`);
  const files: VerifiedFile[] = [];
  const refused: { uri: string; list: readonly CsvRefusal[] }[] = [];
  for (const { uri } of found) {
    const content = await artifacts.read(uri, settings.maxCsvBytes);
    const read = namingFile(uri, () => readCsv(content, 'HUMAN_VERIFIED_Category', settings.categories));
    files.push({ uri, rows: read.rows });
    if (read.refused.length > 0 && badRows === 'refuse') throw poison('bad_rows', `${uri}: refused ${refusalText(read.refused, read.rows.length + read.refused.length)}. Mend them, or ask with on_bad_rows 'set_aside'`);
    if (read.refused.length > 0) refused.push({ uri, list: read.refused });
  }
  const verified = files.reduce((sum, one) => sum + one.rows.length, 0);
  if (verified === 0) throw poison('nothing_verified', `none of the ${found.length} files in ${prefixOf(dir)} has a row with a HUMAN_VERIFIED_Category`);
  const subset = verifiedSubsetUriOf(runId);
  await artifacts.write(subset, subsetCsv(files));
  const setAside = refused.length === 0 ? null : `s3://dataset/train/set_aside_from_job_${runId}.csv`;
  if (setAside !== null) await artifacts.write(setAside, writeCsv(['file', 'row', 'field', 'reason'], refused.flatMap(({ uri, list }) => list.map(({ row, field, reason }) => [uri, String(row), field, reason]))));
  const feedback = feedbackOf(files, settings.modelName, saidAtMs, sha256);
  if (feedback.length > 0) {
    const publisher = await createPublisher({ kafka: createKafka(settings, 'trainer-verified'), registry, settings });
    try {
      await publisher.send(feedback.map((event) => ({ topic: 'feedback', key: event.prediction_id, value: event })));
    } finally {
      await publisher.close();
    }
  }
  return { dir, subset, files: found.length, verified, feedback: feedback.length, set_aside: refused.reduce((sum, one) => sum + one.list.length, 0), set_aside_file: setAside };
}
