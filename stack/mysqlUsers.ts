// The MySQL users of the local stack: inference and trainer have one each, with the rights of schemas/grants.ts. Their passwords follow from the owner's, so that nothing more is to be kept; none leads back to it.
import { createHash } from 'node:crypto';
import mysql from 'mysql2/promise';
import { mysqlOptions } from '../producers/connections.ts';
import { accountOf, grantStatements, userNameOf, type MysqlUser } from '../schemas/grants.ts';
import type { Settings } from '../schemas/settings.ts';
import { MAIN, type ProcessName } from './processes.ts';

const HOST = '127.0.0.1';
const PASSWORD_DIGITS = 32;
export const LOCAL_USERS = ['inference', 'trainer'] as const satisfies readonly (MysqlUser & ProcessName)[];
type Owner = Pick<Settings, 'mysqlUser' | 'mysqlPassword'>;

export const passwordOf = ({ mysqlPassword }: Owner, user: MysqlUser): string => createHash('sha256').update(`${user}:${mysqlPassword}`).digest('hex').slice(0, PASSWORD_DIGITS);
export const localAccount = ({ mysqlUser }: Owner, user: MysqlUser): string => accountOf(userNameOf(mysqlUser, user), HOST);

/** What a program of ours is given beside the stack's environment: its own user, or, where it speaks to no database and no S3, none at all. Other programs: nothing. */
export function credentialsOf(main: string, owner: Owner): Readonly<Record<string, string | undefined>> {
  const user = LOCAL_USERS.find((one) => MAIN[one] === main);
  if (user !== undefined) return { MYSQL_USER: userNameOf(owner.mysqlUser, user), MYSQL_PASSWORD: passwordOf(owner, user), MYSQL_PASSWORD_FILE: undefined };
  return main === MAIN.join || main === MAIN.monitor ? { MYSQL_PASSWORD: undefined, MYSQL_PASSWORD_FILE: undefined, S3_ACCESS_KEY: undefined, S3_SECRET_KEY: undefined, S3_ACCESS_KEY_FILE: undefined, S3_SECRET_KEY_FILE: undefined } : {};
}

/** Gives the users their rights; they and the tables must stand. For the owner, who may pass on what he has. host: from where they come. */
export async function grantRights(settings: Settings, host = HOST, users: readonly MysqlUser[] = LOCAL_USERS): Promise<void> {
  const db = await mysql.createConnection(mysqlOptions(settings));
  try {
    for (const user of users) for (const statement of grantStatements(settings.mysqlDatabase, user, accountOf(userNameOf(settings.mysqlUser, user), host))) await db.query(statement);
  } finally {
    await db.end();
  }
}
