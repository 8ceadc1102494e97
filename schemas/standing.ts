// What a data folder knows of the registry: every schema our releases have registered, with the id it got. Several stand per topic, for releases run side by side while one replaces
// another. The same schema under another id means a wiped or foreign registry: what stands in the topics could be read with a schema that is not its own. Pure.
import { isTopic, type TopicName } from './topics.ts';

export type Registered = { readonly id: number; /** SHA-256 of the schema's text */ readonly hash: string };
export type Standing = ReadonlyMap<TopicName, readonly Registered[]>;

const isRegistered = (value: unknown): value is Registered => typeof value === 'object' && value !== null && typeof Reflect.get(value, 'id') === 'number' && typeof Reflect.get(value, 'hash') === 'string';
/** From the file's text. One schema without a list: as earlier releases wrote it. */
export function standingIn(text: string): Standing {
  const read: unknown = JSON.parse(text);
  const entries = typeof read === 'object' && read !== null ? Object.entries(read) : [];
  return new Map(entries.flatMap(([topic, value]: [string, unknown]) => (isTopic(topic) ? [[topic, (Array.isArray(value) ? (value as unknown[]) : [value]).filter(isRegistered)] as const] : [])));
}
export const standingText = (standing: Standing): Record<string, readonly Registered[]> => Object.fromEntries(standing);

/** Topics of which a schema is known under another id than now. */
export const movedIn = (before: Standing, now: ReadonlyMap<TopicName, Registered>): TopicName[] =>
  [...now].filter(([topic, { id, hash }]) => before.get(topic)?.some((one) => one.hash === hash && one.id !== id) ?? false).map(([topic]) => topic);
/** Topics whose schema of this release was never registered from here. */
export const unknownIn = (before: Standing, now: ReadonlyMap<TopicName, Registered>): TopicName[] =>
  [...now].filter(([topic, { hash }]) => before.has(topic) && !(before.get(topic)?.some((one) => one.hash === hash) ?? false)).map(([topic]) => topic);
/** With those of this release; what was known stays known, for a way back. */
export const withRelease = (before: Standing, now: ReadonlyMap<TopicName, Registered>): Standing =>
  new Map([...new Set([...before.keys(), ...now.keys()])].map((topic) => {
    const fresh = now.get(topic);
    const known = (before.get(topic) ?? []).filter(({ hash }) => hash !== fresh?.hash);
    return [topic, fresh === undefined ? known : [...known, fresh]];
  }));
