// Which S3 addresses a job may name: plain ones, in the buckets that are configured for it.
export type AddressKind = 'file' | 'folder';
const MAX_CHARS = 1024;
const EXAMPLE = { file: 'train/my.csv', folder: 'human_feedback/2026-11' } as const;

/** What is wrong with the address, in words with the fix; undefined when it may be used. setting: where the buckets are configured. */
export function addressProblem(uri: string, kind: AddressKind, buckets: readonly string[], setting = 'TRAIN_BUCKETS'): string | undefined {
  const example = `s3://${buckets[0] ?? 'bucket'}/${EXAMPLE[kind]}`;
  const match = /^s3:\/\/([^/]*)\/(.+)$/su.exec(uri);
  if (match === null) return `must look like ${example}, is '${uri.slice(0, 200)}'`;
  const [, bucket = '', key = ''] = match;
  if (uri.length > MAX_CHARS) return `is longer than ${MAX_CHARS} characters`;
  if (!buckets.includes(bucket)) return `names the bucket '${bucket.slice(0, 100)}'; jobs may read ${buckets.join(', ')} (${setting})`;
  const parts = (kind === 'folder' ? key.replace(/\/$/, '') : key).split('/');
  if (kind === 'file' && key.endsWith('/')) return `is a folder; name one file, like ${example}`;
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\p{Cc}\\]/u.test(key)) return `must not hold empty parts, '.', '..', back-slashes or control characters: ${example}`;
  return undefined;
}
/** The prefix under which a folder's objects lie: with exactly one slash at its end. */
export const prefixOf = (folderKey: string): string => `${folderKey.replace(/\/$/, '')}/`;
