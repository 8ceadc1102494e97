// The table `dead_letter_purges`: the rules by which dead letters are hidden until the log is cut.
import type { Settings } from '../../schemas/settings.ts';
import { openDatabase } from '../database.ts';
import type { PurgeRule } from './purge.ts';

export type Purges = {
  rules(): Promise<readonly PurgeRule[]>;
  add(rules: readonly PurgeRule[], by: string): Promise<void>;
  /** Rules about what lies below `low` only are of no use any more; those beyond `high` are about a log that is gone. */
  forget(low: bigint, high: bigint): Promise<void>;
  close(): Promise<void>;
};
type Row = { from_offset: number; upto_offset: number; topic: string | null; reason: string | null; died_before: number | null };
const ANSWER_WITHIN_MS = 3000;

export function openPurges(settings: Settings): Purges {
  const database = openDatabase(settings, { connections: 1, withinMs: ANSWER_WITHIN_MS });
  return {
    async rules() {
      const rows = await database.rows<Row>('SELECT from_offset, upto_offset, topic, reason, died_before FROM dead_letter_purges', []);
      return rows.map(({ from_offset, upto_offset, topic, reason, died_before }) => ({ from: BigInt(from_offset), upto: BigInt(upto_offset), topic: topic ?? undefined, reason: reason ?? undefined, beforeMs: died_before ?? undefined }));
    },
    async add(rules, by) {
      const values = rules.map(({ from, upto, topic, reason, beforeMs }) => [String(from), String(upto), topic ?? null, reason ?? null, beforeMs ?? null, by.slice(0, 100)]);
      await database.change(`INSERT INTO dead_letter_purges (from_offset, upto_offset, topic, reason, died_before, purged_by, purged_at) VALUES ${values.map(() => '(?, ?, ?, ?, ?, ?, NOW(3))').join(', ')}`, values.flat());
    },
    async forget(low, high) {
      await database.change('DELETE FROM dead_letter_purges WHERE upto_offset <= ? OR upto_offset > ?', [String(low), String(high)]);
    },
    close: () => database.close(),
  };
}
