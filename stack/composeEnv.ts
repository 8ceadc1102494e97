// The .env of docker-compose.yml, and the files of .secrets/: passwords and tokens made once, readable by their owner only. Of the tokens the containers get the hashes; the tokens themselves stand beside them as remarks.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPES } from '../schemas/tokens.ts';
import { PROJECT_DIR } from './paths.ts';

/** Its text. word: hexadecimal digits that nobody can guess, so many bytes of them. */
export function composeEnv(word: (bytes: number) => string): string {
  const tokens = SCOPES.map((scope) => ({ scope, token: word(16), scopes: scope === 'admin' ? SCOPES.join('+') : scope }));
  const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
  return [
    `MYSQL_PASSWORD=${word(12)}`,
    `MYSQL_INFERENCE_PASSWORD=${word(12)}`,
    `MYSQL_TRAINER_PASSWORD=${word(12)}`,
    `GRAFANA_MYSQL_PASSWORD=${word(12)}`,
    `S3_ACCESS_KEY=${word(8)}`,
    `S3_SECRET_KEY=${word(20)}`,
    ...tokens.map(({ scope, token }) => `# token of the scope ${scope}: ${token}`),
    `LOOP_TOKENS=${tokens.map(({ scope, token, scopes }) => `local-${scope}=sha256:${hash(token)}=${scopes}`).join(',')}`,
    '',
  ].join('\n');
}

/** Whose secrets our processes read from files: a file of .secrets/ for each, by the variable it repeats. */
export const SECRET_FILES: ReadonlyMap<string, string> = new Map([['mysql_password', 'MYSQL_PASSWORD'], ['mysql_inference_password', 'MYSQL_INFERENCE_PASSWORD'], ['mysql_trainer_password', 'MYSQL_TRAINER_PASSWORD'], ['s3_access_key', 'S3_ACCESS_KEY'], ['s3_secret_key', 'S3_SECRET_KEY']]);
const valueIn = (env: string, name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(env)?.[1] ?? '';

if (import.meta.main) {
  const file = join(PROJECT_DIR, '.env');
  if (existsSync(file)) console.log(`${file} stands; remove it, and the volumes (docker compose down --volumes), to start over`);
  else {
    const env = composeEnv((bytes) => randomBytes(bytes).toString('hex'));
    writeFileSync(file, env, { mode: 0o600, flag: 'wx' });
    // The folder is its owner's alone; in the containers the files are read by another user.
    const dir = join(PROJECT_DIR, '.secrets');
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    for (const [name, variable] of SECRET_FILES) writeFileSync(join(dir, name), valueIn(env, variable), { mode: 0o444 });
    console.log(`wrote ${file} and ${dir}: passwords for the containers, and your tokens`);
  }
}
