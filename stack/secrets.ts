// Passwords and tokens of the local stack: made once, kept in the data folder (mode 0600), handed to every process by environment: of tokens only the hashes.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fatal } from '../schemas/failure.ts';
import { fileVariable } from '../schemas/settingTable.ts';
import { SCOPES, type Scope } from '../schemas/tokens.ts';

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

/** The file ./loop token writes: hashes only. It is there from the start, so that whoever reads it may watch it. */
export function ensureTokensFile(file: string): void {
  if (!existsSync(file)) writeFileSync(file, '# NAME=sha256:HEX=scope+scope[=EXPIRES], one a line. Read again when it changes. ./loop token new|list|revoke\n', { mode: 0o600 });
}

/** Environment of our processes: the person's own plus what the stack made. A variable that is set wins. admin may do everything. tokensFile: where ./loop token writes. */
export function environmentOf(env: Readonly<Record<string, string | undefined>>, secrets: Secrets, tokensFile = ''): Record<string, string | undefined> {
  const hash = (token: string): string => createHash('sha256').update(token).digest('hex');
  const tokens = SCOPES.map((scope) => `local-${scope}=sha256:${hash(secrets.tokens[scope])}=${scope === 'admin' ? SCOPES.join('+') : scope}`).join(',');
  const made = { MYSQL_PASSWORD: secrets.mysqlPassword, S3_ACCESS_KEY: secrets.s3AccessKey, S3_SECRET_KEY: secrets.s3SecretKey, LOOP_TOKENS: tokens, LOOP_TOKENS_FILE: tokensFile };
  // Who names a file means what stands there.
  return { ...Object.fromEntries(Object.entries(made).filter(([name]) => (env[fileVariable(name)] ?? '') === '' || name === 'LOOP_TOKENS')), ...env };
}
