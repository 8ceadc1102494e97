// The .env of docker-compose.yml: passwords and tokens made once, readable by their owner only. Of the tokens the containers get the hashes; the tokens themselves stand beside them as remarks.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCOPES } from '../schemas/tokens.ts';
import { PROJECT_DIR } from './paths.ts';

/** Its text. word: hexadecimal digits that nobody can guess, so many bytes of them. */
export function composeEnv(word: (bytes: number) => string): string {
  const tokens = SCOPES.map((scope) => ({ scope, token: word(16), scopes: scope === 'admin' ? SCOPES.join('+') : scope }));
  const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
  return [
    `MYSQL_PASSWORD=${word(12)}`,
    `GRAFANA_MYSQL_PASSWORD=${word(12)}`,
    `S3_ACCESS_KEY=${word(8)}`,
    `S3_SECRET_KEY=${word(20)}`,
    ...tokens.map(({ scope, token }) => `# token of the scope ${scope}: ${token}`),
    `LOOP_TOKENS=${tokens.map(({ scope, token, scopes }) => `local-${scope}=sha256:${hash(token)}=${scopes}`).join(',')}`,
    '',
  ].join('\n');
}

if (import.meta.main) {
  const file = join(PROJECT_DIR, '.env');
  if (existsSync(file)) console.log(`${file} stands; remove it, and the volumes (docker compose down --volumes), to start over`);
  else {
    writeFileSync(file, composeEnv((bytes) => randomBytes(bytes).toString('hex')), { mode: 0o600, flag: 'wx' });
    console.log(`wrote ${file}: passwords for the containers, and your tokens`);
  }
}
