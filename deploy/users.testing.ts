// deploy/base/users.yaml from schemas/acls.ts. Run this file to write it; a test compares.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aclsOf, PRINCIPALS, type Acl } from '../schemas/acls.ts';

export const USERS_FILE = join(import.meta.dirname, 'base/users.yaml');
const line = ({ type, name, patternType, operations }: Acl): string => `      - { resource: { type: ${type}, name: ${name}, patternType: ${patternType} }, operations: [${operations.join(', ')}] }\n`;

export function usersYaml(): string {
  const users = PRINCIPALS.filter((one) => one !== 'client').map((one) => `apiVersion: kafka.strimzi.io/v1
kind: KafkaUser
metadata: { name: loop-${one}, labels: { strimzi.io/cluster: loop } }
spec:
  authentication: { type: scram-sha-512 }
  authorization:
    type: simple
    acls:
${aclsOf(one).map(line).join('')}`);
  return `# Written by node --disable-warning=ExperimentalWarning deploy/users.testing.ts from schemas/acls.ts. Strimzi makes a secret of the same name with the password of each; the cluster must say authorization: { type: simple }.\n${users.join('---\n')}`;
}

if (import.meta.main) writeFileSync(USERS_FILE, usersYaml());
