// ./loop predict, feedback: the HTTP interface from the keyboard.
import { LoopError, messageOf, transient } from '../../schemas/failure.ts';
import type { Scope } from '../../schemas/tokens.ts';
import { openContext } from '../context.ts';
import { urlOf } from '../processes.ts';
import { UsageError } from '../say.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export async function call(scope: Scope, path: string, body?: object): Promise<unknown> {
  const context = openContext(process.env, { create: false });
  const url = `${urlOf(context.settings, 'inference')}${path}`;
  let response: Response;
  try {
    response = await fetch(url, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${context.secrets.tokens[scope]}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }), signal: AbortSignal.timeout(30_000) });
  } catch (cause) {
    throw transient('inference_away', `inference does not answer at ${url} (${messageOf(cause)}); is the stack up? ./loop status`, { cause });
  }
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) {
    const detail = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'detail') : undefined;
    throw new LoopError('fatal', response.status === 404 ? 'not_found' : 'refused', `inference answered ${response.status}: ${typeof detail === 'string' ? detail : JSON.stringify(answer)}`);
  }
  return answer;
}
const print = (answer: unknown): number => {
  console.log(JSON.stringify(answer, null, 2));
  return 0;
};

export const predict: Verb = {
  summary: 'classify texts, or a file of them',
  usage: `usage: ./loop predict TEXT...
       ./loop predict --csv FILE | s3://BUCKET/KEY [--set-aside] [--json]
Each TEXT is one product description.
  --csv FILE    a CSV file with the column product_description, here or in S3; follows the job and tells where the result is
  --set-aside   leave bad rows out and list them, instead of refusing the file
  --json        with --csv: one JSON object at the end
Exit code with --csv: 0 predicted, 1 failed, 3 cancelled. Ctrl-C stops looking; the job goes on (./loop cancel ID stops it).`,
  async run(args) {
    const { values, words } = readArgs(args, { csv: { type: 'string' }, 'set-aside': { type: 'boolean' }, json: { type: 'boolean' } });
    if (values.csv !== undefined) {
      noWords(words);
      return (await import('./predictCsv.ts')).predictCsv(values.csv, { setAside: values['set-aside'] ?? false, json: values.json ?? false });
    }
    if (values['set-aside']) throw new UsageError('--set-aside goes with --csv');
    if (words.length === 0) throw new UsageError('predict needs a TEXT, or --csv FILE');
    return print(await call('predict', '/v1/predict', words.length === 1 ? { product_description: words[0] } : { items: words.map((text) => ({ product_description: text })) }));
  },
};
export const feedback: Verb = {
  summary: 'tell the right category of a prediction',
  usage: "usage: ./loop feedback PREDICTION_ID CATEGORY [--source NAME]\n       ./loop feedback PREDICTION_ID --withdraw",
  async run(args) {
    const { values, words } = readArgs(args, { source: { type: 'string', default: 'cli' }, withdraw: { type: 'boolean' } });
    const [id, category] = words;
    if (id === undefined || (category === undefined) !== (values.withdraw ?? false) || words.length > 2) throw new UsageError('feedback needs PREDICTION_ID and CATEGORY (in quotes), or PREDICTION_ID --withdraw');
    return print(await call('feedback', '/v1/feedback', { prediction_id: id, category: category ?? null, source: values.source }));
  },
};
