// What "ready" means, process by process: it can do its job now. Pure. "Live" is another question, and only the loop that answers it: nothing that is away makes a process dead, for a restart would not bring it back.

/** Undefined: ready. Else the first reason why not. */
export type Unready = string | undefined;
/** away: words about a dependency that does not answer; undefined: it does. */
type Away = string | undefined;

/** Join and monitor: in their group, and with every partition the group has given them. One that was given none stands by, and is ready. */
export function memberUnready({ owned, live, held = new Map(), away }: { /** undefined: in no group (yet) */ readonly owned: readonly number[] | undefined; readonly live: readonly number[]; /** by partition: why it stands still until somebody acts */ readonly held?: ReadonlyMap<number, { readonly why: string }>; readonly away: Away }): Unready {
  const [first] = held.values();
  if (first !== undefined) return `partition${held.size === 1 ? '' : 's'} ${[...held.keys()].join(', ')} ${held.size === 1 ? 'is' : 'are'} held: ${first.why}`;
  if (away !== undefined) return away;
  if (owned === undefined) return 'it is not in its group (yet)';
  const open = owned.filter((one) => !live.includes(one));
  return open.length === 0 ? undefined : `partition${open.length === 1 ? '' : 's'} ${open.join(', ')} ${open.length === 1 ? 'is' : 'are'} being caught up`;
}
/** Inference: a model serves and the broker answers. MySQL, S3, the registry and the other processes may be away: it answers without them. */
export function inferenceUnready({ stopping, serves, loadFailure, away }: { readonly stopping: boolean; readonly serves: boolean; readonly loadFailure: string | undefined; readonly away: Away }): Unready {
  if (stopping) return 'stopping';
  if (!serves) return loadFailure ?? 'no model serves yet; the first training may still be running';
  return away;
}
/** Trainer: takes requests in and writes rows. S3, the registry and MLflow may be away: a training waits for them in its row. */
export const trainerUnready = ({ started, away, mysqlAway }: { readonly started: boolean; readonly away: Away; readonly mysqlAway: Away }): Unready => (!started ? 'starting' : (away ?? mysqlAway));
