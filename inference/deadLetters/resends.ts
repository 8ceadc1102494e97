// The table `dead_letter_resends`: which dead letters have been sent again, and by whom. A word for it is taken before the record is sent, so that of two one sends.
import type { Settings } from '../../schemas/settings.ts';
import { openDatabase } from '../database.ts';

export type Resent = { readonly by: string; readonly atMs: number };
export type Resends = {
  /** Those of the ids that have been sent again. */
  among(ids: readonly string[]): Promise<ReadonlyMap<string, Resent>>;
  /** Who has sent it before; undefined: it is the caller's to send now. again: in any case. */
  claim(id: string, by: string, again: boolean): Promise<Resent | undefined>;
  /** It could not be sent after all. */
  unclaim(id: string): Promise<void>;
  close(): Promise<void>;
};
const ANSWER_WITHIN_MS = 3000;

export function openResends(settings: Settings): Resends {
  const database = openDatabase(settings, { connections: 1, withinMs: ANSWER_WITHIN_MS });
  async function among(ids: readonly string[]): Promise<ReadonlyMap<string, Resent>> {
    if (ids.length === 0) return new Map();
    const rows = await database.rows<{ id: string; resent_by: string; resent_at: Date }>('SELECT id, resent_by, resent_at FROM dead_letter_resends WHERE id IN (?)', [ids]);
    return new Map(rows.map((row) => [row.id, { by: row.resent_by, atMs: row.resent_at.getTime() }]));
  }
  return {
    among,
    async claim(id, by, again) {
      const sql = again ? 'INSERT INTO dead_letter_resends (id, resent_at, resent_by) VALUES (?, NOW(3), ?) ON DUPLICATE KEY UPDATE resent_at = NOW(3), resent_by = VALUES(resent_by)' : 'INSERT IGNORE INTO dead_letter_resends (id, resent_at, resent_by) VALUES (?, NOW(3), ?)';
      const changed = await database.change(sql, [id, by.slice(0, 100)]);
      return changed > 0 ? undefined : (await among([id])).get(id);
    },
    async unclaim(id) {
      await database.change('DELETE FROM dead_letter_resends WHERE id = ?', [id]);
    },
    close: () => database.close(),
  };
}
