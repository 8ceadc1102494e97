// ./loop gc: removes stored models and datasets that nothing needs any more, as the trainer does daily.
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import { collectGarbage } from '../../trainer/record/collect.ts';
import { createLedger } from '../../trainer/record/ledger.ts';
import { openContext } from '../context.ts';
import { dim } from '../say.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const DAY_MS = 86_400_000;
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

export const gc: Verb = {
  summary: 'remove models and datasets that nothing needs any more',
  usage: `usage: ./loop gc [--dry-run] [--json]
Kept are what serves, the version that served before it, and everything that a run of the last MODEL_RETENTION_MS points to.
  --dry-run   only says what would go
  --json      one JSON object`,
  async run(args) {
    const { values, words } = readArgs(args, { 'dry-run': { type: 'boolean' }, json: { type: 'boolean' } });
    noWords(words);
    const { settings } = openContext(process.env, { create: false });
    const ledger = createLedger(settings);
    const dryRun = values['dry-run'] ?? false;
    try {
      const { goes, stays, staysBytes, rows } = await collectGarbage({ ledger, artifacts: createArtifacts(settings), retentionMs: settings.modelRetentionMs, nowMs: Date.now(), dryRun });
      const bytes = goes.reduce((sum, folder) => sum + folder.bytes, 0);
      if (values.json) {
        console.log(JSON.stringify({ dry_run: dryRun, folders: goes.map((folder) => ({ uri: folder.uri, bytes: folder.bytes, reason: folder.reason })), bytes, rows, stays, stays_bytes: staysBytes }));
        return 0;
      }
      for (const folder of goes) console.log(`${dryRun ? 'would go' : 'removed '}  ${folder.uri}  ${mb(folder.bytes)}  ${dim(folder.reason)}`);
      console.log(`${goes.length} folders, ${mb(bytes)} ${dryRun ? 'would go' : 'removed'}; ${stays} stay, ${mb(staysBytes)}${settings.modelRetentionMs === 0 ? ' (MODEL_RETENTION_MS is 0: nothing ever goes)' : ` (kept ${Math.round(settings.modelRetentionMs / DAY_MS)} days after their run)`}`);
      return 0;
    } finally {
      await ledger.close();
    }
  },
};
