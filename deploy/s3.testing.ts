// deploy/s3/*.json from schemas/s3Policies.ts. Run this file to write them; a test compares.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyDocument, S3_PROCESSES, type S3Process } from '../schemas/s3Policies.ts';

export const policyFile = (process: S3Process): string => join(import.meta.dirname, 's3', `${process}.json`);
if (import.meta.main) for (const process of S3_PROCESSES) writeFileSync(policyFile(process), policyDocument(process));
