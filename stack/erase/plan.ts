// What is to be forgotten and where it stands: from what was asked and what the topics hold to ids, texts and words. Pure.
import { normalise } from '../../schemas/features.ts';
import type { TopicSpec } from '../../schemas/topics.ts';
import type { Forget } from './redact.ts';

/** A text as it stands on a topic, under its prediction's id. */
export type Spoken = { readonly id: string; readonly text: string };
export type Wish = { readonly ids: readonly string[]; readonly texts: readonly string[] };
export type Target = Forget & { /** ids nobody knows any more: no topic holds a text of them */ readonly unknown: readonly string[]; /** every spelling that was met */ readonly spellings: readonly string[] };

/** An id stands for its own prediction; a text for every prediction and row that says the same once case, accents and spaces are set aside. */
export function targetOf({ ids, texts }: Wish, spoken: Iterable<Spoken>): Target {
  const wanted = new Set(ids);
  const keys = new Set(texts.map(normalise));
  const found = new Set<string>();
  const known = new Set<string>();
  const spellings = new Set(texts);
  const labelTexts = new Set<string>();
  for (const { id, text } of spoken) {
    const key = normalise(text);
    if (wanted.has(id)) {
      known.add(id);
      labelTexts.add(key);
    }
    if (!wanted.has(id) && !keys.has(key)) continue;
    found.add(id);
    spellings.add(text);
  }
  return { texts: keys, ids: new Set([...wanted, ...found]), labelTexts, unknown: ids.filter((id) => !known.has(id)), spellings: [...spellings] };
}

const DAY_MS = 86_400_000;
/** Until when the texts stay in topics that nothing can be taken out of. */
export function retentionLines(specs: readonly TopicSpec[]): string[] {
  const days = (topic: string): string => {
    const ms = Number(specs.find(({ name }) => name === topic)?.config['retention.ms'] ?? -1);
    return ms < 0 ? 'for ever' : `${Math.ceil(ms / DAY_MS)} days after it was written`;
  };
  return [
    `products     the record stays until Kafka deletes it: ${days('products')}`,
    `predictions  the same: ${days('predictions')}. What is served, joined and trained on no longer has it`,
    `dead-letters original bytes, where there are any: ${days('dead-letters')}`,
  ];
}
export const REMAINS: readonly string[] = [
  'join state   LOOP_HOME/state keeps old bytes until its segments are rewritten; with the join stopped the folder may be deleted, it is made again from the topics',
  'weights      sums of hashed word pieces over all rows: no text can be read from them, but what was learnt from the row stays until a model trained without it is promoted (./loop train), and the old one is removed (./loop gc)',
  'backups      copies of Kafka, S3 and MySQL, old versions of objects in S3, and files that people have are beyond our reach',
];

/** A note in the manifest of a dataset: its rows are no longer those the run saw. */
export type Redaction = { readonly at: string; readonly erasure_id: string; readonly rows: number; readonly sha256_before: string; readonly sha256_after: string };
export function markRedacted(manifest: string, redaction: Redaction): string {
  const read: unknown = JSON.parse(manifest);
  if (typeof read !== 'object' || read === null) throw new RangeError('a manifest is an object');
  const before: unknown = Reflect.get(read, 'redacted');
  return JSON.stringify({ ...read, redacted: [...(Array.isArray(before) ? (before as unknown[]) : []), redaction] }, null, 2);
}
/** The texts as they may stand in JSON and in pages. */
export const formsOf = (spellings: readonly string[]): string[] => [...new Set(spellings.flatMap((text) => [text, JSON.stringify(text).slice(1, -1), text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')]))].filter((one) => one.trim() !== '');
