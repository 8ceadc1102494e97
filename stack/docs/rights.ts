// The tables of rights in docs/how-to/run-on-a-cluster.md, between their marks: Kafka's ACLs and MySQL's grants.
import { PRINCIPALS, RIGHTS } from '../../schemas/acls.ts';
import { GRANTS, MYSQL_USERS } from '../../schemas/grants.ts';
import { code, tableOf } from './table.ts';

const list = (names: readonly string[]): string => names.map(code).join(', ') || '–';
const CALLED: Readonly<Record<string, string>> = { client: 'your clients' };
export const aclTable = (): string => tableOf(['user', 'reads', 'writes', 'transactional ids', 'groups'], PRINCIPALS.map((one) => [CALLED[one] ?? one, list(RIGHTS[one].reads), list(RIGHTS[one].writes), list(RIGHTS[one].transactionalIds), list(RIGHTS[one].groups)]));
export const grantTable = (): string => tableOf(['table', ...MYSQL_USERS], Object.entries(GRANTS).map(([table, users]) => [code(table), ...MYSQL_USERS.map((user) => users[user]?.join(', ') ?? '–')]));

/** The page with what stands between `<!-- NAME:begin -->` and `<!-- NAME:end -->` made anew. Throws when a mark is missing. */
export function between(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page lacks ${begin} ... ${end}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}
