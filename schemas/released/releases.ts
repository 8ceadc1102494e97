// The schemas that were released, from the files beside this one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AVRO, type RecordSchema } from '../avro.ts';
import { incompatibilities, type Release } from '../evolution.ts';
import { TOPIC_NAMES, type TopicName } from '../topics.ts';

const HERE = import.meta.dirname;
export const VERSIONS = readdirSync(HERE).flatMap((name) => /^v(\d+)$/.exec(name)?.[1] ?? []).map(Number).sort((a, b) => a - b);
export const fileOf = (version: number, topic: TopicName): string => join(HERE, `v${version}`, `${topic}.avsc`);

/** Oldest first. A topic that a version did not have yet is not in it. */
export const releasesOf = (topic: TopicName): Release[] =>
  VERSIONS.filter((version) => existsSync(fileOf(version, topic))).map((version) => ({ version, schema: JSON.parse(readFileSync(fileOf(version, topic), 'utf8')) as RecordSchema }));

export const wrongToday = (): string[] => TOPIC_NAMES.flatMap((topic) => incompatibilities(topic, releasesOf(topic), AVRO[topic]));
