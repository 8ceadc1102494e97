// The ledger: table auto_training. Only the trainer writes it; a row is promoted at most once.
import type { Settings } from '../../schemas/settings.ts';
import { openDatabase } from './database.ts';
import { decisions } from './decisions.ts';
import { leases } from './leases.ts';
import { lookups } from './lookups.ts';
import { promotions } from './promotions.ts';

export type Ledger = ReturnType<typeof createLedger>;
/** The ledger of one model: it takes that model's rows only. Rows of others can be claimed and looked at. */
export function createLedger(settings: Settings) {
  const database = openDatabase(settings);
  return { ...leases(database, settings), ...promotions(database), ...decisions(database), ...lookups(database), /** for the test that falls silent inside one */ inTransaction: database.inTransaction, close: database.close };
}
