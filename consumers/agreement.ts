// Before it consumes, a process checks that the registry still holds the schemas that were registered from here: other ids mean a wiped or foreign registry.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { schemaText } from '../schemas/codec.ts';
import { fatal } from '../schemas/failure.ts';
import type { Registry } from '../schemas/registry.ts';
import { movedIn, standingIn, unknownIn, type Registered } from '../schemas/standing.ts';
import type { TopicName } from '../schemas/topics.ts';

/** Our schemas as they stand in a registry under these ids. */
export const registeredAs = (ids: ReadonlyMap<TopicName, number>): ReadonlyMap<TopicName, Registered> =>
  new Map([...ids].map(([topic, id]) => [topic, { id, hash: createHash('sha256').update(schemaText(topic)).digest('hex') }]));

/** Throws fatal `schemas_differ` naming the topics. A data folder without the file (no local stack) is not checked. */
export async function checkAgreement(homeDir: string, registry: Registry): Promise<void> {
  const file = resolve(homeDir, 'schemas.json');
  if (!existsSync(file)) return;
  const standing = standingIn(readFileSync(file, 'utf8'));
  const now = registeredAs(await registry.ids());
  const moved = movedIn(standing, now);
  if (moved.length > 0) throw fatal('schemas_differ', `the registry holds other schemas than ${file} says for ${moved.join(', ')}: it was wiped or belongs to another stack. Bring back its data, or start over with ./loop reset`);
  const unknown = unknownIn(standing, now);
  if (unknown.length > 0) throw fatal('schemas_differ', `${file} does not know this release's schemas of ${unknown.join(', ')}: run ./loop up of this release once, which registers them`);
}
