import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allows, callOf, policyDocument, S3_PROCESSES, type S3Process } from './s3Policies.ts';

test('requests as calls', () => {
  for (const [method, url, action, bucket, key] of [
    ['GET', '/models/grocery/1/manifest.json', 'GetObject', 'models', 'grocery/1/manifest.json'], ['HEAD', '/dataset/a%20b.csv', 'GetObject', 'dataset', 'a b.csv'], ['GET', '/models/?list-type=2&prefix=', 'ListBucket', 'models', undefined],
    ['HEAD', '/models', 'ListBucket', 'models', undefined], ['GET', '/models?location', 'GetBucketLocation', 'models', undefined], ['PUT', '/models', 'CreateBucket', 'models', undefined], ['PUT', '/inference/j/p.csv?partNumber=1&uploadId=x', 'PutObject', 'inference', 'j/p.csv'],
    ['POST', '/inference/j/p.csv?uploads', 'PutObject', 'inference', 'j/p.csv'], ['DELETE', '/inference/j/p.csv?uploadId=x', 'AbortMultipartUpload', 'inference', 'j/p.csv'], ['DELETE', '/models/x', 'DeleteObject', 'models', 'x'], ['POST', '/models?delete', 'DeleteObject', 'models', '*'],
  ] as const) assert.deepEqual(callOf(method, url), { action: `s3:${action}`, bucket, key }, `${method} ${url}`);
});
test('what may be done, and what not', () => {
  const may = (process: S3Process, method: string, url: string): boolean => allows(process, callOf(method, url));
  assert.ok(may('inference', 'GET', '/models/a/b') && may('inference', 'PUT', '/inference/j/p.csv') && may('trainer', 'PUT', '/models/a/b') && may('trainer', 'POST', '/models?delete') && may('setup', 'PUT', '/dataset'));
  for (const [process, method, url] of [
    // Who answers never writes a model; who learns never touches results; neither may take the corpus away.
    ['inference', 'PUT', '/models/a/b'], ['inference', 'DELETE', '/models/a/b'], ['inference', 'PUT', '/dataset/train/Training_Data.csv'], ['trainer', 'PUT', '/dataset/train/Training_Data.csv'], ['trainer', 'DELETE', '/dataset/train/Training_Data.csv'], ['trainer', 'GET', '/inference/j/p.csv'],
    ['trainer', 'PUT', '/models'], ['inference', 'DELETE', '/inference'], ['setup', 'GET', '/models/a/b'], ['inference', 'PATCH', '/models/a'],
  ] as const) assert.equal(may(process, method, url), false, `${process} ${method} ${url}`);
});
test('the documents name actions and resources as AWS does', () => {
  for (const process of S3_PROCESSES) {
    const { Version, Statement } = JSON.parse(policyDocument(process)) as { Version: string; Statement: { Effect: string; Action: string[]; Resource: string[] }[] };
    assert.equal(Version, '2012-10-17');
    for (const one of Statement) assert.ok(one.Effect === 'Allow' && one.Action.every((action) => /^s3:[A-Z]\w+$/.test(action)) && one.Resource.every((resource) => /^arn:aws:s3:::[a-z]+(\/.*)?$/.test(resource)));
  }
});
