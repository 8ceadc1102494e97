// Passwords and tokens of the local stack: made once, kept in the data folder (mode 0600), handed to every process by environment.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SCOPES, type Scope } from '../schemas/settings.ts';
import { fatal } from '../schemas/failure.ts';

export type Secrets = { readonly mysqlPassword: string; readonly s3AccessKey: string; readonly s3SecretKey: string; readonly kafkaClusterId: string; readonly tokens: Readonly<Record<Scope, string>> };
const word = (bytes: number): string => randomBytes(bytes).toString('hex');

const isSecrets = (value: unknown): value is Secrets =>
  typeof value === 'object' && value !== null && ['mysqlPassword', 's3AccessKey', 's3SecretKey', 'kafkaClusterId'].every((name) => typeof Reflect.get(value, name) === 'string') && typeof Reflect.get(value, 'tokens') === 'object';

/** Reads the file or makes it. Throws fatal `bad_secrets` when it is not ours. */
export function ensureSecrets(file: string): Secrets {
  if (existsSync(file)) {
    const read: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isSecrets(read)) return read;
    throw fatal('bad_secrets', `${file} is not a secrets file of this project; remove it together with its data folder (./loop reset)`);
  }
  const [predict, feedback, train, admin] = SCOPES;
  const made: Secrets = {
    mysqlPassword: word(12), s3AccessKey: word(8), s3SecretKey: word(20), kafkaClusterId: randomBytes(16).toString('base64url'),
    tokens: { [predict]: word(16), [feedback]: word(16), [train]: word(16), [admin]: word(16) },
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(made, null, 2), { mode: 0o600 });
  return made;
}

/** Environment of our processes: the person's own plus what the stack made. A variable that is set wins. admin may do everything. */
export function environmentOf(env: Readonly<Record<string, string | undefined>>, secrets: Secrets): Record<string, string | undefined> {
  const tokens = SCOPES.map((scope) => `${secrets.tokens[scope]}=${scope === 'admin' ? SCOPES.join('+') : scope}`).join(',');
  return { MYSQL_PASSWORD: secrets.mysqlPassword, S3_ACCESS_KEY: secrets.s3AccessKey, S3_SECRET_KEY: secrets.s3SecretKey, LOOP_TOKENS: tokens, ...env };
}
