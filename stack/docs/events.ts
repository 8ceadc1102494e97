// docs/reference/events.md: the topics and the Avro schemas of what travels on them.
import { AVRO } from '../../schemas/avro.ts';
import { DECISIONS, RETRAIN_CAUSES } from '../../schemas/events.ts';
import { readSettings } from '../../schemas/settings.ts';
import { subjectOf, topicSpecs, type TopicName } from '../../schemas/topics.ts';
import { code, madeFrom, tableOf } from './table.ts';

/** Keys and company of a topic; Avro knows neither. */
const AROUND: Readonly<Record<TopicName, { readonly key: string; readonly writtenBy: string; readonly readBy: string }>> = {
  products: { key: 'product_id', writtenBy: 'any client', readBy: 'inference' },
  predictions: { key: 'prediction_id', writtenBy: 'inference', readBy: 'join, look-ups, any client' },
  feedback: { key: 'prediction_id', writtenBy: 'inference, trainer (verified files), ./loop erase, any client', readBy: 'join' },
  labelled: { key: 'model_name', writtenBy: 'join', readBy: 'monitor, look-ups, verify, back-test' },
  examples: { key: 'prediction_id', writtenBy: 'join', readBy: 'trainer' },
  tallies: { key: 'model, version and bucket', writtenBy: 'monitor', readBy: 'monitor at its start' },
  'retrain-requests': { key: 'model_name', writtenBy: 'monitor, inference, trainer (schedule)', readBy: 'trainer' },
  models: { key: 'model_name', writtenBy: 'trainer', readBy: 'inference, monitor' },
  'dead-letters': { key: 'the original key', writtenBy: 'every consumer', readBy: 'people' },
  'audit-log': { key: 'audit_id', writtenBy: 'inference, ./loop erase', readBy: 'people, look-ups (erasures)' },
};

type Named = { readonly type?: unknown; readonly name?: string; readonly items?: unknown; readonly logicalType?: string; readonly fields?: readonly { readonly name: string; readonly type: unknown }[] };
/** An Avro type in words. */
export function typeIn(type: unknown): string {
  if (typeof type === 'string') return type;
  if (Array.isArray(type)) return type.filter((one) => one !== 'null').map(typeIn).concat('null').join(' or ');
  const { type: kind, logicalType, items, name = '', fields = [] } = type as Named;
  if (logicalType !== undefined) return `${typeIn(kind)} (${logicalType})`;
  if (kind === 'array') return `list of ${typeIn(items)}`;
  return `${name} {${fields.map((field) => `${field.name}: ${typeIn(field.type)}`).join(', ')}}`;
}

const DAY_MS = 86_400_000;
function kept(config: Readonly<Record<string, string>>): string {
  if (config['cleanup.policy'] === 'compact') return 'the newest of each key';
  const ms = Number(config['retention.ms']);
  return ms < 0 ? 'for ever' : `${ms / DAY_MS} days`;
}

export function eventsPage(): string {
  const specs = topicSpecs(readSettings({}));
  const topics = specs.map(({ name, partitions, config }) => [`[${code(name)}](#${name})`, AROUND[name].key, String(partitions), kept(config), AROUND[name].writtenBy, AROUND[name].readBy]);
  const sections = specs.map(({ name }) => {
    const { name: record, namespace, doc, fields } = AVRO[name];
    const rows = fields.map((field) => [code(field.name), typeIn(field.type), 'default' in field ? code(JSON.stringify(field.default)) : 'must be there', field.doc ?? '']);
    return `## ${name}\n\n${code(`${namespace}.${record}`)}, subject ${code(subjectOf(name))}. ${doc}\n\n${tableOf(['field', 'type', 'default', ''], rows)}`;
  });
  return `# Events

${madeFrom('schemas/avro.ts, schemas/topics.ts and schemas/events.ts')}

Values are Avro in the registry's wire format: a zero byte, the schema's id in four bytes (big end first), the Avro body. Compatibility of every subject is FULL_TRANSITIVE; there are no Avro enums, and every field but the identities has a default, so either side may be newer.
Keys are UTF-8. **Partitioning is part of the contract**: Java's murmur2 over the key; a record that lies elsewhere on \`predictions\` or \`feedback\` is moved by the join. Times in fields are milliseconds since 1970; the times that matching uses are the broker's (\`LogAppendTime\`).
Ids are at most 128 characters of \`A-Z a-z 0-9 . _ : -\`. Foreign clients may write \`products\` and \`feedback\` and read everything.
Read with \`isolation.level=read_committed\`: most of what is here was written in transactions, and some of those are aborted.

Partitions and times below are the defaults (\`PARTITIONS\`, \`LABELLED_PARTITIONS\`, \`HORIZON_MS\`).

${tableOf(['topic', 'key', 'partitions', 'kept', 'written by', 'read by'], topics)}

${sections.join('\n\n')}

\`cause\` of an order is one of ${RETRAIN_CAUSES.map(code).join(', ')}. The words of an admin travel by the same topic and are no retrainings: ${DECISIONS.map(code).join(', ')}, ${code('cancel')}.
`;
}
