// Dead letters as lines of a terminal. The list shows no text of users; who looks at one sees it. Pure.
import { hexLines } from '../../inference/console/rules/bytes.ts';
import { ago, harmless, table } from './terminal.ts';

export type Listed = { readonly id: string; readonly topic: string; readonly partition: number; readonly offset: number; readonly reason: string; readonly error: string; readonly consumer: string; readonly process_version: string | null; readonly at_ms: number; readonly length: number; readonly resent: boolean };
export type Inspected = Listed & {
  readonly key: string | null; readonly text: string | null; readonly whole: boolean; readonly means: string; readonly fix: string; readonly headers: Readonly<Record<string, string>>; readonly resent_by: string | null; readonly resent_at_ms: number | null;
};
export type Purged = { readonly status: 'purged' | 'counted'; readonly purged: number; readonly in_log: number; readonly kept: number; readonly complete: boolean };

const PREFIX = 'dead-letters:0:';
/** The topic has one partition: its number is enough for people. */
export const numberOf = (id: string): string => (id.startsWith(PREFIX) ? id.slice(PREFIX.length) : id);
/** What a person calls a letter, as the service does; undefined: neither a number nor an id. */
export const idOf = (word: string): string | undefined => (/^\d{1,18}$/.test(word) ? `${PREFIX}${word}` : /^dead-letters:\d{1,6}:\d{1,18}$/.test(word) ? word : undefined);

const MINUTE_MS = 60_000;
const UNITS_MS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: 60 * MINUTE_MS, d: 24 * 60 * MINUTE_MS };
/** `90m`, `12h`, `7d` in milliseconds. */
export function ageOf(word: string): number | undefined {
  const [, count, unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(word) ?? [];
  return count === undefined ? undefined : Number(count) * (UNITS_MS[unit] ?? 0);
}

const ERROR_SHOWN = 90;
const brief = (text: string): string => (text.length > ERROR_SHOWN ? `${text.slice(0, ERROR_SHOWN - 1)}…` : text);
export function listLines(items: readonly Listed[], more: string | null, nowMs: number): string[] {
  if (items.length === 0) return [more === null ? 'no dead letters: every record that came could be used' : `none among the newest; --before ${more} looks further back`];
  const rows = items.map((one) => [numberOf(one.id), ago(nowMs - one.at_ms), `${one.topic}-${one.partition}@${one.offset}`, one.reason, one.consumer, String(one.length), one.resent ? 'yes' : '', harmless(brief(one.error))]);
  return [...table(['N', 'ago', 'from', 'reason', 'by', 'bytes', 'resent', 'error'], rows), ...(more === null ? [] : [`older ones: --before ${more}`])];
}

export function inspectLines(letter: Inspected, bytes: Uint8Array | undefined, nowMs: number, isoOf: (ms: number) => string): string[] {
  const facts: readonly (readonly [string, string])[] = [
    ['dead letter', letter.id], ['from', `${letter.topic}, partition ${letter.partition}, offset ${letter.offset}`], ['set aside', `${isoOf(letter.at_ms)} (${ago(nowMs - letter.at_ms)} ago) by ${letter.consumer} ${letter.process_version ?? '(a release that did not say which)'}`],
    ['reason', letter.reason], ['error', harmless(letter.error)], ['it means', letter.means], ['what mends it', letter.fix],
    ['sent again', letter.resent_by === null || letter.resent_at_ms === null ? 'no' : `${isoOf(letter.resent_at_ms)} by ${harmless(letter.resent_by)}`], ['key', letter.key === null ? 'none' : harmless(letter.key)],
    ['headers', Object.entries(letter.headers).map(([name, value]) => `${harmless(name)}=${harmless(brief(value))}`).join('  ')],
  ];
  const width = Math.max(...facts.map(([name]) => name.length));
  const hex = bytes === undefined ? [] : hexLines(bytes);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`),
    ...(letter.text === null ? [] : ['', 'as text:', harmless(letter.text)]),
    '', bytes === undefined ? 'it had no value' : `bytes (${letter.length}${letter.whole ? '' : '; only the beginning is kept'}):`, ...hex, ...(bytes !== undefined && hex.length * 16 < letter.length ? ['…'] : []),
  ];
}

/** What a purge did, and what it could not. retentionDays: after which Kafka forgets by itself. */
export function purgeLines({ status, purged, in_log: inLog, kept, complete }: Purged, retentionDays: number): string[] {
  const counted = complete ? '' : ', and there are more: there were too many for one look, purge again to go on';
  if (status === 'counted') return [`${purged} would be purged, ${kept} would stay${counted}`];
  return [
    `${purged} purged, ${kept} stay${counted}`,
    ...(inLog === 0 ? [] : [`${inLog} purged ones Kafka still holds: nobody is shown them; their bytes go when those before them are purged too (and inference may delete there), or ${retentionDays} days after they were written`]),
  ];
}
