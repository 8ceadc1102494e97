// The audit log, read from its end backwards.
import type { Log } from '../../producers/kafka.ts';
import type { Registry } from '../../schemas/registry.ts';
import type { Settings } from '../../schemas/settings.ts';
import { openBackwards, type Page } from '../backwards.ts';
import { entryView, isWanted, type AuditEntry, type AuditWish } from './entry.ts';

export type AuditReader = (wish: AuditWish & { readonly limit: number; readonly before: bigint | undefined }) => Promise<Page<AuditEntry>>;

export function openAuditLog(settings: Settings, registry: Registry, log: Log): AuditReader {
  const backwards = openBackwards(settings, 'audit-log', 'audit log', log);
  return (wish) => backwards.list(wish, async ({ value }) => {
    const entry = value === null ? undefined : await registry.decode('audit-log', value).catch(() => undefined);
    return entry === undefined || !isWanted(entry, wish) ? undefined : entryView(entry);
  });
}
