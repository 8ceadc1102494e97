// docs/reference/faults.md: the fault table, from the rows that are run.
import { ACTORS, AWAY_ROWS, BROKEN_ROWS, type AwayRow } from '../faults/table/rows.ts';
import { madeFrom, tableOf } from './table.ts';

const HEAD = ['part and fault', ...ACTORS, 'not ready', 'who tells'];
const faultOf = ({ fault, name }: AwayRow): string => (fault.kind === 'latency' ? `${name}, ${fault.delayMs} ms each way` : fault.kind === 'flap' ? `${name}, every ${fault.everyMs / 1000} s` : name);

export function faultsPage(): string {
  const rows = AWAY_ROWS.map((row) => [faultOf(row), ...ACTORS.map((actor) => row.does[actor]), row.unready.length === 0 ? '' : row.unready.join(', '), row.tells]);
  return `${madeFrom('stack/faults/table/rows.ts')}
# Faults

What each part of the loop does while a server, or the way to it, is away. Every row is a test: \`./loop test --long faultTable\` runs all of them on real servers with a TCP proxy before each and prints what was seen beside this; \`./loop test --long shortFaultTable\` runs two of them. Traffic goes on all the while,
a training and a batch job are ordered just before. After each row everybody must be ready again by themselves, no process may have been started again, and the log must say that nothing is lost and nothing doubled (\`./loop verify\`, and a count of everything that was sent or acknowledged).

*serves*: goes on. *holds*: stands still and goes on by itself afterwards. *refuses*: says so, 503 with \`Retry-After\`. *either*: by the moment. **http** and **stream** are inference's two ways in, **batch** its child process for files, **training** the trainer with its child process, **mirror** its loop that tells MLflow.

${tableOf(HEAD, rows)}

| fault | what the proxy does |
|---|---|
| latency | every piece arrives later, both ways |
| cut | connections are reset, new ones refused |
| half-open | what is asked arrives and is done, no answer comes back; at the end connections are reset |
| black hole | nothing arrives either way and nothing is closed; at the end what was under way arrives, late |
| lost connections | the connections that stand fall silent for good, as when a gateway forgets them; new ones pass |
| flap | cut and whole in turn |

## What the processes stand on

\`./loop test --long faultTable\` breaks this too (\`faultTable.servers\`: only this) on a stack of its own, under the same traffic and a load of people besides, and mends it again; a full disk only where root may make a small file system. Afterwards the same must hold as above, and nobody is started again but those the test kills.

${tableOf(['part and fault', 'what is to be seen'], BROKEN_ROWS.map(({ name, expected }) => [name, expected]))}

## How long nobody answers before a connection is given up

| client | after | then |
|---|---|---|
| Kafka | 20 s after something was asked | the socket is closed; kafkajs connects again. By itself it would ask again over the dead connection until TCP gives up, a quarter of an hour later |
| S3 | 30 s, or 30 s without a byte leaving in an upload | the request fails, and is tried again |
| MySQL | 15 s for a statement (2 s where a request waits for it) | the statement fails and its connection is destroyed |
| registry | 10 s | the request fails, and is tried again |
| MLflow | 10 s | the mirror waits longer and longer; nothing waits for the mirror |

## Live and ready

\`/health/live\` is answered by the loop of the process and by nothing else: what is away makes no process dead, for a restart would not bring it back. \`/health/ready\` says 503 and why:

| process | ready when | may be away |
|---|---|---|
| inference | a model serves, and Kafka has answered within \`ANSWER_DEADLINE_MS\` (5 s at least) | registry, MySQL, S3, the other processes |
| join, monitor | in the group, every partition it was given is caught up and none is held, and Kafka answers; one that was given none stands by and is ready | registry, MySQL, S3 |
| trainer | reads requests, and Kafka and MySQL answer | registry, S3, MLflow: a training waits in its row |

A process that cannot start because something is away ends, and is started again by whoever supervises it: at once, then after 0.5, 1, 2 … 30 s; a member of a group never before \`SESSION_TIMEOUT_MS\`, a process that had run for half a minute as after a first failure.

## A topic that is deleted, made anew, or cut off

Every topic has an id, and one that is made anew another. The ids are committed with the positions and compared at every opening, once a second and before every commit: however long the new log is, nothing of it is skipped.

| topic | made anew | not there | its end lost (\`log_shorter\`; written over: \`log_cut\`, known from the join's state) |
|---|---|---|---|
| \`products\` (inference) | is read from its beginning | held | held |
| \`predictions\`, \`feedback\` (join) | held, until it is brought back or its id stands in \`ACCEPTED_LOGS\`: then read from its beginning | held | held |
| \`labelled\` (monitor) | held, until it is brought back or the tallies are made anew | held | held |

*held*: nothing of the partition is read, \`/health/ready\` says 503 and why, \`loop_partitions_held\` is 1, alert \`PartitionHeld\`. [What to do](../how-to/replaced-topic.md). Tested by \`./loop test consumers/newLog\`.

## The watchdog

The Kafka client has been seen to fall silent while its process looks healthy: a loop that ended without a word, a fetch that is never answered, a join of the group that never ends. Each process asks the broker every 2 s where its topics end. A consumer that gives no sign for \`STALL_MS\` although records wait and the broker answers gets a new client in place; its partitions are rebuilt as after a lost session. The second and third time it is given twice and four times as long; after the third restart without a sign the process ends, and its supervisor starts it anew. \`loop_watchdog_restarts_total\`, alert \`ConsumerRestarted\`.
`;
}
