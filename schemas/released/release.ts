// node schemas/released/release.ts: writes today's schemas as the next released version.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { AVRO } from '../avro.ts';
import { fatal } from '../failure.ts';
import { TOPIC_NAMES } from '../topics.ts';
import { fileOf, VERSIONS, wrongToday } from './releases.ts';

const wrong = wrongToday();
if (wrong.length > 0) throw fatal('incompatible_schema', `today's schemas cannot be released:\n  ${wrong.join('\n  ')}`);
const next = (VERSIONS.at(-1) ?? 0) + 1;
for (const topic of TOPIC_NAMES) {
  const file = fileOf(next, topic);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(AVRO[topic], null, 2)}\n`);
}
console.log(`schemas/released/v${next} holds today's schemas; commit it with the release`);
