// What each process may do in S3: policies as data, the call a request is, and whether a policy allows it. The one source of deploy/s3 and of the test that compares with the calls really made.

export const S3_PROCESSES = ['inference', 'trainer', 'setup'] as const;
/** Join and monitor need no S3 at all. */
export type S3Process = (typeof S3_PROCESSES)[number];
export type S3Call = { readonly action: string; readonly bucket: string; /** undefined: of the bucket itself */ readonly key: string | undefined };
type Statement = { readonly actions: readonly string[]; readonly on: readonly string[] };

const READ = ['s3:GetObject'];
const WRITE = ['s3:PutObject'];
/** A result is uploaded in parts; an attempt that ends takes its parts away. */
const PARTS = ['s3:PutObject', 's3:AbortMultipartUpload'];
/** on: `bucket` for the bucket itself, `bucket/prefix*` for objects. */
export const POLICIES: Readonly<Record<S3Process, readonly Statement[]>> = {
  inference: [
    { actions: READ, on: ['models/*', 'dataset/*', 'inference/*'] },
    // Results, rows set aside, and the rows that people had verified.
    { actions: PARTS, on: ['inference/*', 'dataset/train/human_verified_subset_from_job_*'] },
    // So that a file that is not there is told from one that may not be read.
    { actions: ['s3:ListBucket'], on: ['models', 'dataset', 'inference'] },
  ],
  trainer: [
    { actions: READ, on: ['models/*', 'dataset/*'] },
    { actions: WRITE, on: ['models/*', 'dataset/auto/*', 'dataset/train/set_aside_from_job_*'] },
    // What no run of the last MODEL_RETENTION_MS points to is removed.
    { actions: ['s3:DeleteObject'], on: ['models/*', 'dataset/auto/*'] },
    { actions: ['s3:ListBucket'], on: ['models', 'dataset'] },
  ],
  setup: [
    { actions: ['s3:CreateBucket', 's3:ListBucket'], on: ['dataset', 'inference', 'models', 'mlflow'] },
    { actions: [...READ, ...WRITE], on: ['dataset/train/*'] },
  ],
};
const matches = (pattern: string, place: string): boolean => (pattern.endsWith('*') ? place.startsWith(pattern.slice(0, -1)) : pattern === place);
export const allows = (process: S3Process, { action, bucket, key }: S3Call): boolean => POLICIES[process].some(({ actions, on }) => actions.includes(action) && on.some((pattern) => matches(pattern, key === undefined ? bucket : `${bucket}/${key}`)));

/** A policy document as AWS, MinIO and others take it. */
export const policyDocument = (process: S3Process): string => `${JSON.stringify({
  Version: '2012-10-17',
  Statement: POLICIES[process].map(({ actions, on }) => ({ Effect: 'Allow', Action: actions, Resource: on.map((pattern) => `arn:aws:s3:::${pattern}`) })),
}, null, 2)}\n`;

/** The action of a path-style request. Several objects removed at once are told by their names in the body: here it is the bucket's, key `*`. */
export function callOf(method: string, url: string): S3Call {
  const [path = '', query = ''] = url.split('?');
  const [bucket = '', ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const key = rest.join('/') === '' ? undefined : rest.join('/');
  const asks = (name: string): boolean => query.split('&').some((one) => one.split('=')[0] === name);
  const of = (action: string, at = key): S3Call => ({ action: `s3:${action}`, bucket, key: at });
  switch (method) {
    case 'GET':
    case 'HEAD':
      return key !== undefined ? of('GetObject') : asks('location') ? of('GetBucketLocation') : asks('uploads') ? of('ListBucketMultipartUploads') : of('ListBucket');
    case 'PUT': return of(key === undefined ? 'CreateBucket' : 'PutObject');
    case 'POST': return asks('delete') ? of('DeleteObject', '*') : of('PutObject');
    case 'DELETE': return of(key === undefined ? 'DeleteBucket' : asks('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject');
    default: return of(`${method} is no call known here`);
  }
}
