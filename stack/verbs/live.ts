// ./loop live: the live figures on a terminal, as they change.
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../../schemas/failure.ts';
import { onInterrupt } from '../interrupt.ts';
import { dim } from '../say.ts';
import { liveLines, type LiveBody } from './liveLines.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const LOOK_EVERY_MS = 1000;
const CLEAR = '\u001b[H\u001b[J';

export const live: Verb = {
  summary: 'the live F1 as the monitor sees it',
  usage: `usage: ./loop live [--once] [--json]
F1 with its 95 % band, categories, and how near an alarm is; on a terminal again every second until Ctrl-C.
  --once   look once (so it is anyway when the output is no terminal)
  --json   what GET /v1/live answers, once`,
  async run(args) {
    const { values, words } = readArgs(args, { once: { type: 'boolean' }, json: { type: 'boolean' } });
    noWords(words);
    const look = (): Promise<unknown> => call('predict', '/v1/live');
    const lines = async (): Promise<string> => liveLines((await look()) as LiveBody, Date.now()).join('\n');
    if (values.json) console.log(JSON.stringify(await look(), null, 2));
    else if (values.once || !process.stdout.isTTY) console.log(await lines());
    else {
      const over = new AbortController();
      const listenNoMore = onInterrupt(() => over.abort());
      while (!over.signal.aborted) {
        const text = await lines().catch((error: unknown) => messageOf(error));
        console.log(`${CLEAR}${text}\n\n${dim('Ctrl-C ends this')}`);
        await pause(LOOK_EVERY_MS, undefined, { signal: over.signal }).catch(() => undefined);
      }
      listenNoMore();
    }
    return 0;
  },
};
