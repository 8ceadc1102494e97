// Before it consumes, a process checks that the registry still holds the schemas `up` registered: other hashes mean a wiped or foreign registry.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemaText } from '../schemas/codec.ts';
import { fatal } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import { TOPIC_NAMES } from '../schemas/topics.ts';

/** Throws fatal `schemas_differ` naming the topics. A data folder without the file (no local stack) is not checked. */
export async function checkAgreement(homeDir: string, registry: Registry): Promise<void> {
  const file = resolve(homeDir, 'schemas.json');
  if (!existsSync(file)) return;
  const standing = JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, { id: number; hash: string }>>;
  const ids = await registry.ids();
  const different = TOPIC_NAMES.filter((topic) => {
    const before = standing[topic];
    return before !== undefined && (before.id !== ids.get(topic) || before.hash !== createHash('sha256').update(schemaText(topic)).digest('hex'));
  });
  if (different.length > 0) throw fatal('schemas_differ', `the registry holds other schemas than ${file} says for ${different.join(', ')}: it was wiped or belongs to another stack. Bring back its data, or start over with ./loop reset`);
}
