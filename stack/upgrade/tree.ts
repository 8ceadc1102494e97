// A release with version-2 schemas: this project's own programs in a folder of their own, with another schemas/avro.ts and another version number. What a deployment of the next release would be.
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AVRO } from '../../schemas/avro.ts';
import { versionTwo } from '../../schemas/released/changes.testing.ts';
import { TOPIC_NAMES } from '../../schemas/topics.ts';
import { PROJECT_DIR } from '../paths.ts';

const PARTS = ['schemas', 'producers', 'consumers', 'trainer', 'inference', 'stack', 'prometheus', 'bench', 'package.json', 'tsconfig.json'];
export const VERSION_TWO = '2.0.0-test';

const schemaFile = (): string => `// Version 2 of every event, made by stack/upgrade/tree.ts.
import type { TopicName } from './topics.ts';
type Field = { name: string; type: unknown; default?: unknown; doc?: string };
export type RecordSchema = { type: 'record'; name: string; namespace: string; doc: string; fields: Field[] };
export const AVRO: Readonly<Record<TopicName, RecordSchema>> = ${JSON.stringify(Object.fromEntries(TOPIC_NAMES.map((topic) => [topic, versionTwo(AVRO[topic])])), null, 1)};
`;

/** Writes the release into `dir`, which is made anew. */
export function writeVersionTwo(dir: string): void {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  for (const part of PARTS) cpSync(join(PROJECT_DIR, part), join(dir, part), { recursive: true });
  symlinkSync(join(PROJECT_DIR, 'node_modules'), join(dir, 'node_modules'));
  writeFileSync(join(dir, 'schemas/avro.ts'), schemaFile());
  const told = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as object;
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ ...told, version: VERSION_TWO }));
}
