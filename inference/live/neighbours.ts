// What inference asks of the other processes over HTTP: live figures, trainings, and how much every join has.
import { lookup } from 'node:dns/promises';
import { messageOf, transient } from '../../schemas/failure.ts';
import type { Settings } from '../../schemas/settings.ts';
import { summed, urlsOf } from './joins.ts';

/** Each gives the parsed answer to a GET of a path, and throws transient when nobody answers or whoever answers cannot tell. */
export type Neighbours = Readonly<Record<'monitor' | 'trainer' | 'joins', (path: string) => Promise<unknown>>>;
const ASK_TIMEOUT_MS = 3000;

async function ask(url: string, away: (reason: string) => Error): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(ASK_TIMEOUT_MS) }).catch((cause: unknown) => {
    throw away(messageOf(cause));
  });
  // One that cannot tell, perhaps because its database is away, must not look like an empty answer.
  if (!answer.ok) throw away(`${answer.status} ${await answer.text()}`);
  return answer.json();
}
const joinAway = (reason: string): Error => transient('join_away', `a join does not answer (${reason})`);
/** The URLs of all who stand behind one. */
async function behind(url: string): Promise<readonly string[]> {
  const { hostname } = new URL(url);
  // A name that has IPv4 addresses and others has them of the same members.
  const addresses = await lookup(hostname.replaceAll(/[[\]]/g, ''), { all: true, order: 'ipv4first' }).catch((cause: unknown) => {
    throw joinAway(messageOf(cause));
  });
  return urlsOf(url, addresses.filter(({ family }) => family === addresses[0]?.family).map(({ address }) => address));
}

export const openNeighbours = ({ monitorUrl, trainerUrl, joinUrl }: Pick<Settings, 'monitorUrl' | 'trainerUrl' | 'joinUrl'>): Neighbours => ({
  monitor: (path) => ask(`${monitorUrl}${path}`, (reason) => transient('monitor_away', `the monitor does not answer (${reason}); no live figures now`)),
  trainer: (path) => ask(`${trainerUrl}${path}`, (reason) => transient('trainer_away', `the trainer does not answer (${reason})`)),
  /** Every member there is: each knows its own partitions only. */
  async joins(path) {
    const urls = await Promise.all(joinUrl.split(',').map(behind));
    return summed(await Promise.all(urls.flat().map((url) => ask(`${url}${path}`, joinAway))));
  },
});
