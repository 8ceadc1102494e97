import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressProblem, prefixOf, type AddressKind } from './addresses.ts';

const TABLE: [uri: string, kind: AddressKind, says: RegExp | undefined][] = [
  ['s3://dataset/train/a.csv', 'file', undefined],
  ['s3://dataset/a b/ü.csv', 'file', undefined],
  ['s3://dataset/human_feedback/', 'folder', undefined],
  ['s3://dataset/human_feedback', 'folder', undefined],
  ['s3://dataset/', 'folder', /must look like s3:\/\/dataset\/human_feedback/],
  ['dataset/train/a.csv', 'file', /must look like s3:\/\/dataset\/train\/my.csv/],
  ['http://dataset/a.csv', 'file', /must look like/],
  ['s3://models/grocery/x.csv', 'file', /bucket 'models'; jobs may read dataset, more/],
  ['s3:///a.csv', 'file', /bucket ''/],
  ['s3://dataset/train/', 'file', /is a folder/],
  ['s3://dataset/../models/x.csv', 'file', /'\.\.'/],
  ['s3://dataset/a//b.csv', 'file', /empty parts/],
  ['s3://dataset/a\\..\\b.csv', 'file', /back-slashes/],
  ['s3://dataset/a\nb.csv', 'file', /control characters/],
  ['s3://dataset/a\u0000.csv', 'file', /control characters/],
  ['s3://dataset/./a.csv', 'file', /'\.'/],
  ['s3://dataset/train/..', 'file', /'\.\.'/],
  ['s3://dataset/train/../..', 'folder', /'\.\.'/],
  ['s3://dataset//etc/passwd', 'file', /empty parts/],
  // No address of ours is decoded: an encoded dot is four plain characters of a key in the same bucket.
  ['s3://dataset/%2e%2e/models/x.csv', 'file', undefined],
  ['s3://dataset%2f..%2fmodels/x.csv', 'file', /bucket 'dataset%2f\.\.%2fmodels'/],
  ['s3://DATASET/a.csv', 'file', /bucket 'DATASET'/],
  ['s3://dataset@models/a.csv', 'file', /bucket 'dataset@models'/],
  ['s3://models?x=s3://dataset/a.csv', 'file', /bucket 'models\?x=s3:'/],
  ['s3://dataset\u0000/a.csv', 'file', /bucket 'dataset/],
  ['S3://dataset/a.csv', 'file', /must look like/],
  [' s3://dataset/a.csv', 'file', /must look like/],
  ['file:///etc/passwd', 'file', /must look like/],
  ['/etc/passwd', 'file', /must look like/],
  [`s3://dataset/${'a'.repeat(1100)}`, 'file', /longer than 1024/],
];
for (const [uri, kind, says] of TABLE) {
  test(`${kind} ${JSON.stringify(uri.slice(0, 60))}: ${says === undefined ? 'may be used' : 'refused'}`, () => {
    const problem = addressProblem(uri, kind, ['dataset', 'more']);
    if (says === undefined) assert.equal(problem, undefined);
    else assert.match(problem ?? 'accepted', says);
  });
}
test('a folder has one slash at its end', () => assert.deepEqual([prefixOf('a/b'), prefixOf('a/b/')], ['a/b/', 'a/b/']));
