// ./loop label: the queue of predictions to verify, at the keyboard. What a key does is decided in labelSession.ts.
import { bold, dim, UsageError } from '../say.ts';
import { begin, brought, itemLines, KEYS, press, progressLine, type Act, type Item, type Session } from './labelSession.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const ORDERS = ['least_certain', 'audit', 'newest'] as const;
const AHEAD = 10;
type Leased = { readonly items: readonly Item[]; readonly waiting: number };

export const label: Verb = {
  summary: 'label predictions at the keyboard',
  usage: `usage: ./loop label [--order least_certain|audit|newest] [--json]
Shows one prediction after the other: ${KEYS}.
What is in hand is kept from others for LABEL_LEASE_MS. Keys may come from a pipe, too: printf '\\n2\\nq' | ./loop label
  --order O   least certain first (default), those marked for verification, or the newest
  --json      one JSON object at the end: what was labelled`,
  async run(args) {
    const { values, words } = readArgs(args, { order: { type: 'string', default: 'least_certain' }, json: { type: 'boolean' } });
    noWords(words);
    const order = ORDERS.find((one) => one === values.order);
    if (order === undefined) throw new UsageError(`--order must be one of ${ORDERS.join(', ')}, is '${values.order}'`);
    const say = (...lines: readonly string[]): void => (values.json ? undefined : console.log(lines.join('\n')));
    const me = (await call('feedback', '/v1/whoami')) as { readonly name: string; readonly categories: readonly string[] };
    let session: Session;
    async function act(one: Act): Promise<void> {
      switch (one.kind) {
        case 'lease': {
          const { items, waiting } = (await call('feedback', '/v1/labels/lease', { order, limit: AHEAD, except: one.except })) as Leased;
          session = brought(session, items, waiting);
          return;
        }
        case 'give':
          await call('feedback', '/v1/feedback', { prediction_id: one.item.prediction_id, category: one.category, source: `terminal/${me.name}` });
          return say(dim(one.category === null ? 'withdrawn' : one.category === one.item.category ? `confirmed: ${one.category}` : `corrected: ${one.category}`));
        case 'release':
          await call('feedback', '/v1/labels/release', { prediction_ids: one.ids });
      }
    }
    const first = begin(me.categories);
    ({ session } = first);
    for (const one of first.acts) await act(one);
    let shown: Session | undefined;
    const show = (): void => {
      if (session.status === 'nothing left') say('', 'nothing to label now; any key looks again, q quits');
      else if (session.status === 'labelling' && (shown?.queue[0] !== session.queue[0] || shown?.chosen !== session.chosen)) say('', dim(`${progressLine(session)}   ${KEYS}`), ...itemLines(session).map((line) => (line.startsWith('>') ? bold(line) : line)));
      shown = session;
    };
    show();
    try {
      for await (const key of keysOf(process.stdin)) {
        const step = press(session, key);
        ({ session } = step);
        for (const one of step.acts) await act(one);
        if (session.status === 'over') break;
        show();
      }
    } finally {
      const rest = press(session, 'q');
      for (const one of rest.acts) await act(one).catch(() => undefined);
    }
    if (values.json) console.log(JSON.stringify({ labelled: session.given.length, given: session.given.map(({ item, category }) => ({ prediction_id: item.prediction_id, predicted: item.category, category })) }));
    else say('', progressLine(session));
    return 0;
  },
};

/** Key by key: a terminal without its line editing, or whatever comes through a pipe. */
async function* keysOf(stdin: NodeJS.ReadStream): AsyncGenerator<string> {
  const isTerminal = stdin.isTTY;
  if (isTerminal) stdin.setRawMode(true);
  try {
    for await (const chunk of stdin.setEncoding('utf8')) yield* String(chunk);
  } finally {
    if (isTerminal) stdin.setRawMode(false);
    stdin.pause();
  }
}
