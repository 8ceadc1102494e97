// Which rights each MySQL user of ours needs, table by table, and the statements that give them. The user of the setup (migrations, verbs) owns the database and is not told here. Common subset of MySQL 8.4 and MariaDB 11.4.

export const MYSQL_USERS = ['inference', 'trainer', 'grafana'] as const;
export type MysqlUser = (typeof MYSQL_USERS)[number];
export type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
/** An upsert needs the first three. */
const KEEPS: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE'];
const LENDS: readonly Privilege[] = [...KEEPS, 'DELETE'];
const LOOKS: readonly Privilege[] = ['SELECT'];

/** By table; a table that stands here for nobody belongs to the setup alone. */
export const GRANTS: Readonly<Record<string, Readonly<Partial<Record<MysqlUser, readonly Privilege[]>>>>> = {
  jobs: { inference: KEEPS, grafana: LOOKS },
  auto_training: { trainer: KEEPS, grafana: LOOKS },
  model_metrics: { inference: KEEPS, trainer: KEEPS, grafana: LOOKS },
  mlflow_mirror: { trainer: LENDS },
  label_leases: { inference: LENDS },
  dead_letter_resends: { inference: LENDS },
  dead_letter_purges: { inference: ['SELECT', 'INSERT', 'DELETE'] },
  migrations: {},
};

/** `'loop_inference'@'127.0.0.1'`. Throws nothing: names are our own. */
export const accountOf = (user: string, host: string): string => `'${user.replaceAll("'", "''")}'@'${host}'`;
export const userNameOf = (owner: string, user: MysqlUser): string => `${owner}_${user}`;

/** One statement per table and user; giving a right twice is giving it once. */
export function grantStatements(database: string, user: MysqlUser, account: string): string[] {
  return Object.entries(GRANTS).flatMap(([table, users]) => {
    const rights = users[user];
    return rights === undefined ? [] : [`GRANT ${rights.join(', ')} ON \`${database}\`.\`${table}\` TO ${account}`];
  });
}
