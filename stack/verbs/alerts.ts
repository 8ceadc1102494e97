// ./loop alerts: what Prometheus has to say about the loop.
import { messageOf, transient } from '../../schemas/failure.ts';
import { openContext } from '../context.ts';
import { alertLines, alertsIn, type Told } from './alertLines.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

const ANSWER_WITHIN_MS = 5000;
export const FIRES = 3;

export const alerts: Verb = {
  summary: 'the alerts that fire or are about to',
  usage: `usage: ./loop alerts [--json]
Exit code 0: none fires; ${FIRES}: one does; 1: Prometheus does not answer.`,
  async run(args) {
    const { values, words } = readArgs(args, { json: { type: 'boolean' } });
    noWords(words);
    const { settings } = openContext(process.env, { create: false });
    async function ask(path: string): Promise<Told> {
      try {
        const answer = await fetch(`${settings.prometheusUrl}/api/v1/${path}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
        if (!answer.ok) throw new Error(`it answered ${answer.status}`);
        return (await answer.json()) as Told;
      } catch (cause) {
        throw transient('prometheus_away', `Prometheus does not answer at ${settings.prometheusUrl} (${messageOf(cause)}); is the stack up? ./loop status`, { cause });
      }
    }
    const [firing, rules] = await Promise.all([ask('alerts'), ask('rules?type=alert')]);
    const found = alertsIn(firing, rules, Date.parse);
    console.log(values.json ? JSON.stringify(found, null, 2) : alertLines(found, Date.now()).join('\n'));
    return found.alerts.some(({ state }) => state === 'firing') ? FIRES : 0;
  },
};
