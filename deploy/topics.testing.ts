// deploy/base/topics.yaml from schemas/topics.ts, at the widths the base gives the processes. Run this file to write it; a test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSettings } from '../schemas/settings.ts';
import { topicSpecs } from '../schemas/topics.ts';
import { entriesOf } from './kustomize.testing.ts';

export const TOPICS_FILE = join(import.meta.dirname, 'base/topics.yaml');

export function topicsYaml(): string {
  const base = parse(readFileSync(join(import.meta.dirname, 'base/kustomization.yaml'), 'utf8')) as { readonly configMapGenerator: readonly { readonly literals: readonly string[] }[] };
  // Each process has a user of its own; the topics are the same for all.
  const topics = topicSpecs(readSettings({ ...entriesOf(base.configMapGenerator.flatMap((one) => one.literals)), KAFKA_USER: 'any', REPLICATION_FACTOR: '3' })).map(({ name, partitions, replicas, config }) => {
    const lines = Object.entries(config).map(([key, value]) => `    ${key}: '${value}'`);
    return `apiVersion: kafka.strimzi.io/v1\nkind: KafkaTopic\nmetadata: { name: ${name}, labels: { strimzi.io/cluster: loop } }\nspec:\n  partitions: ${partitions}\n  replicas: ${replicas}\n  config:\n${lines.join('\n')}\n`;
  });
  return `# Written by node --disable-warning=ExperimentalWarning deploy/topics.testing.ts from schemas/topics.ts; partitions are fixed at creation.\n${topics.join('---\n')}`;
}

if (import.meta.main) writeFileSync(TOPICS_FILE, topicsYaml());
