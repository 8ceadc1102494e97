// What Linux tells of a process: its resident memory and its file handles. Undefined: the process is gone.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const MB = 1_048_576;
const ESTABLISHED = '01';
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];

/** Undefined when there is nothing to be read. */
function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export const rssMbOf = (pid: number): number | undefined => tried(() => {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return kilobytes === undefined ? undefined : (Number(kilobytes) * 1024) / MB;
});

/** Inodes of the established connections that came in at a port, from tables of the form of /proc/net/tcp. One that its caller has ended and we have not is in another state: ours to close. */
export function callersIn(tables: readonly string[], port: number): ReadonlySet<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return new Set(tables.flatMap((table) => table.split('\n')).map((line) => line.trim().split(/\s+/)).flatMap(([, local = '', , state, , , , , , inode = '']) => (state === ESTABLISHED && local.endsWith(suffix) ? [inode] : [])));
}

/** Open file handles, without the connections that callers hold open at `port`: how many those are is the callers' to say. */
export const handlesOf = (pid: number, port: number | undefined): number | undefined => tried(() => {
  const folder = `/proc/${pid}/fd`;
  const all = readdirSync(folder);
  if (port === undefined) return all.length;
  const callers = callersIn(TABLES.map((table) => tried(() => readFileSync(table, 'utf8')) ?? ''), port);
  // One that has been closed since the listing counts: it was there.
  return all.filter((name) => !callers.has(/^socket:\[(\d+)\]$/.exec(tried(() => readlinkSync(`${folder}/${name}`)) ?? '')?.[1] ?? '')).length;
});
