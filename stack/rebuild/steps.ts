// What is to be done about a table as it stands, given the rows it should hold. Pure. Nothing that says something else is overwritten unasked.
import type { PlainRow } from '../../schemas/rowFile.ts';

/** insert: there is no such row. same: it stands. replace: what stands has never been worked on and knows less. ahead: what stands has come further, or is being worked on. differs: both have ended, and say different things. */
export type Step = { readonly how: 'insert' | 'same' | 'replace' | 'ahead' | 'differs'; readonly row: PlainRow; /** rows that would have to go */ readonly against: readonly PlainRow[]; /** in which columns they differ */ readonly columns: readonly string[] };

const isNothing = (value: unknown): boolean => value === null || value === undefined;
export function differingColumns(a: PlainRow, b: PlainRow): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((name) => !(isNothing(a[name]) && isNothing(b[name])) && a[name] !== b[name]);
}
/** 0: never worked on. 1: open. 2: over. */
function stageOf(row: PlainRow): 0 | 1 | 2 {
  if (row['status'] === 'FINISHED' || row['status'] === 'FAILED') return 2;
  return row['status'] === 'PENDING' && isNothing(row['started_at']) ? 0 : 1;
}

/** Of auto_training: rows are the same by id or retrain id, and stand in each other's way by their promotion number too. */
export function runSteps(rows: readonly PlainRow[], standing: readonly PlainRow[]): Step[] {
  return rows.map((row): Step => {
    const own = standing.filter((one) => one['id'] === row['id'] || one['retrain_id'] === row['retrain_id']);
    const rivals = isNothing(row['promotion_seq']) ? [] : standing.filter((one) => !own.includes(one) && one['model_name'] === row['model_name'] && one['promotion_seq'] === row['promotion_seq']);
    const [first] = own;
    const against = [...own, ...rivals];
    const columns = first === undefined ? [] : differingColumns(row, first);
    const step = (how: Step['how']): Step => ({ how, row, against: how === 'insert' ? [] : against, columns: rivals.length > 0 ? [...new Set([...columns, 'promotion_seq'])] : columns });
    if (rivals.length > 0) return step('differs');
    if (first === undefined) return step('insert');
    if (own.length === 1 && columns.length === 0) return step('same');
    const [mine, theirs] = [stageOf(row), Math.max(...own.map(stageOf))];
    if (theirs === 0) return step(mine > 0 ? 'replace' : 'ahead');
    return step(mine === 2 && theirs === 2 ? 'differs' : 'ahead');
  });
}
/** Of tables whose rows are the same by one key. */
export function rowSteps(key: string, rows: readonly PlainRow[], standing: readonly PlainRow[]): Step[] {
  const byKey = new Map(standing.map((row) => [row[key], row]));
  return rows.map((row): Step => {
    const there = byKey.get(row[key]);
    if (there === undefined) return { how: 'insert', row, against: [], columns: [] };
    const columns = differingColumns(row, there);
    return { how: columns.length === 0 ? 'same' : 'differs', row, against: [there], columns };
  });
}
/** What is done: rows that go first, rows that come then. */
export function changesOf(steps: readonly Step[], overwrite: boolean): { readonly go: readonly PlainRow[]; readonly come: readonly PlainRow[] } {
  const done = steps.filter(({ how }) => how === 'insert' || how === 'replace' || (how === 'differs' && overwrite));
  return { go: [...new Set(done.flatMap(({ against }) => against))], come: done.map(({ row }) => row) };
}
