// The table `label_leases`: what people have in hand, over all instances, in database time. One statement takes many, so of two who want the same one gets it.
import type { Settings } from '../../schemas/settings.ts';
import { isDeadlock, openDatabase } from '../database.ts';
import type { InHand, Taken } from './leases.ts';

export type SharedLeases = {
  held(holder: string): Promise<InHand>;
  take(holder: string, ids: readonly string[]): Promise<Taken[]>;
  release(holder: string, ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
};
const ANSWER_WITHIN_MS = 2000;
/** More than MOST_HELD by so many people are not labelling at once. */
const MOST_OTHERS = 10_000;
const TRIES = 3;
const REMOVED_AT_ONCE = 500;

export function openSharedLeases(settings: Settings): SharedLeases {
  const database = openDatabase(settings, { connections: 2, withinMs: ANSWER_WITHIN_MS });
  async function change(sql: string, values: readonly unknown[]): Promise<void> {
    for (let left = TRIES - 1; ; left -= 1) {
      try {
        return void (await database.change(sql, values));
      } catch (error) {
        if (left === 0 || !isDeadlock(error)) throw error;
      }
    }
  }
  return {
    async held(holder) {
      const rows = await database.rows<{ prediction_id: string; holder: string }>('SELECT prediction_id, holder FROM label_leases WHERE leased_until > NOW(3) ORDER BY holder = ? DESC, leased_until DESC LIMIT ?', [holder, MOST_OTHERS]);
      return { mine: rows.filter((row) => row.holder === holder).map((row) => row.prediction_id), others: rows.filter((row) => row.holder !== holder).map((row) => row.prediction_id) };
    },
    async take(holder, ids) {
      if (ids.length === 0) return [];
      const until = 'NOW(3) + INTERVAL ? MICROSECOND';
      const wanted = ids.toSorted().flatMap((id) => [id, holder, settings.labelLeaseMs * 1000]);
      // Assigned from left to right: whether the row is ours now decides about its time.
      await change(
        `INSERT INTO label_leases (prediction_id, holder, leased_until) VALUES ${ids.map(() => `(?, ?, ${until})`).join(', ')} ON DUPLICATE KEY UPDATE holder = IF(leased_until <= NOW(3), VALUES(holder), holder), leased_until = IF(holder = VALUES(holder), VALUES(leased_until), leased_until)`,
        wanted,
      );
      const rows = await database.rows<{ prediction_id: string; leased_until: Date }>('SELECT prediction_id, leased_until FROM label_leases WHERE prediction_id IN (?) AND holder = ? AND leased_until > NOW(3)', [ids, holder]);
      return rows.map((row) => ({ id: row.prediction_id, untilMs: row.leased_until.getTime() }));
    },
    async release(holder, ids) {
      if (ids.length > 0) await change('DELETE FROM label_leases WHERE prediction_id IN (?) AND holder = ?', [ids.toSorted(), holder]);
      await change('DELETE FROM label_leases WHERE leased_until <= NOW(3) LIMIT ?', [REMOVED_AT_ONCE]);
    },
    close: () => database.close(),
  };
}
