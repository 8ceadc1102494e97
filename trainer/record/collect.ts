// Removes models and datasets that nothing needs any more. First the rows are told, in one transaction with the decision; then the objects go; an interrupted run is finished by the next.
import type { Artifacts } from './artifacts.ts';
import { garbageOf, type Folder, type Garbage } from './garbage.ts';
import type { Ledger } from './ledger.ts';
import { runUriOf } from '../../schemas/ids.ts';
import { rowFileText } from '../../schemas/rowFile.ts';

/** What a training may take, and more: an object younger than this may belong to a row that does not know of it yet. */
const GRACE_MS = 86_400_000;
const FOLDERS = [/^s3:\/\/models\/[^/]+\/[0-9a-f]{64}\//, /^s3:\/\/dataset\/auto\/[0-9a-f]{64}\//];

/** Reports, the base corpus and files that people gave are in no such folder: they are never touched. */
export async function foldersIn(artifacts: Pick<Artifacts, 'list'>): Promise<Folder[]> {
  const folders = new Map<string, { uri: string; objects: string[]; bytes: number; newestMs: number }>();
  for (const place of ['s3://models/', 's3://dataset/auto/']) {
    for (const { uri, bytes, modifiedMs } of await artifacts.list(place)) {
      const home = FOLDERS.map((pattern) => pattern.exec(uri)?.[0]).find((found) => found !== undefined);
      if (home === undefined) continue;
      const folder = folders.get(home) ?? { uri: home, objects: [], bytes: 0, newestMs: 0 };
      folders.set(home, folder);
      folder.objects.push(uri);
      folder.bytes += bytes;
      folder.newestMs = Math.max(folder.newestMs, modifiedMs);
    }
  }
  return [...folders.values()];
}

/** retentionMs 0: nothing ever goes. dryRun: only says what would. */
export async function collectGarbage({ ledger, artifacts, retentionMs, nowMs, dryRun }: { ledger: Pick<Ledger, 'pointing' | 'collect' | 'row' | 'metrics'>; artifacts: Pick<Artifacts, 'list' | 'remove' | 'write'>; retentionMs: number; nowMs: number; dryRun: boolean }): Promise<Garbage> {
  const folders = await foldersIn(artifacts);
  if (retentionMs === 0) return { goes: [], rows: [], stays: folders.length, staysBytes: folders.reduce((sum, one) => sum + one.bytes, 0) };
  const rules = { nowMs, retentionMs, graceMs: GRACE_MS };
  if (dryRun) return garbageOf(await ledger.pointing(), folders, rules);
  const garbage = await ledger.collect((rows) => garbageOf(rows, folders, rules));
  // The files of the runs say so too: the table may have to be made again from them.
  for (const id of garbage.rows) {
    const row = await ledger.row(id);
    if (row !== undefined) await artifacts.write(runUriOf(row.model_name, id), rowFileText(row, await ledger.metrics(id)));
  }
  await artifacts.remove(garbage.goes.flatMap((folder) => folder.objects));
  return garbage;
}
