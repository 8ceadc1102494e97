// ./loop sources: who labels, and whose labels contradict the model more than others'.
import { openContext } from '../context.ts';
import { sourceLines, type Labelled } from './sourceLines.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export const sources: Verb = {
  summary: 'who labels, and whose labels look odd',
  usage: `usage: ./loop sources [--json]
set aside    first labels that detectors and trainings did not take (TRUSTED_SOURCES, SOURCE_LABELS_PER_HOUR)
contradicts  share of the labels of a source that say something else than the model; others: the middle one of all others
apart        how many standard errors the two lie apart; odd from 4 on, in either direction, with 30 labels or more: a reason to look, no proof
--json       the versions of GET /v1/live with their sources`,
  async run(args) {
    const { values, words } = readArgs(args, { json: { type: 'boolean' } });
    noWords(words);
    openContext(process.env, { create: false });
    const { live } = (await call('predict', '/v1/live')) as { readonly live: { readonly models: readonly Labelled[] } | null };
    const versions = (live?.models ?? []).map(({ model_name, model_version, sources = [] }) => ({ model_name, model_version, sources }));
    if (values.json) console.log(JSON.stringify(versions, null, 2));
    else for (const line of sourceLines(versions)) console.log(line);
    return 0;
  },
};
