// What is asked or ordered of the brokers once: over a client of its own, which is closed whatever happens.
import type { Admin } from 'kafkajs';
import type { Settings } from '../schemas/settings.ts';
import { createKafka, silent, type Log } from './kafka.ts';

/** Resolves or rejects as `work` does, or rejects when no broker can be reached. */
export async function withAdmin<R>(settings: Settings, clientId: string, work: (admin: Admin) => Promise<R>, log: Log = silent): Promise<R> {
  const admin = createKafka(settings, clientId, log).admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    // The work is done, or its failure is what matters.
    await admin.disconnect().catch(() => undefined);
  }
}
