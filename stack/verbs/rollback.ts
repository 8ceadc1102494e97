// ./loop rollback: back to an earlier version of the model, and what became of it.
import { transient } from '../../schemas/failure.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { endOf, INTERRUPTED } from './job.ts';
import { call } from './talk.ts';
import { readArgs, type Verb } from './verb.ts';

const DEADLINE_MS = 180_000;

export const rollback: Verb = {
  summary: 'back to an earlier version of the model',
  usage: 'usage: ./loop rollback [VERSION]\nVERSION: like v1; without it, the version that served before this one. Versions: GET /v1/models.\nExits 1 when the trainer refuses, with its reason.',
  async run(args) {
    const { words } = readArgs(args, {});
    if (words.length > 1) throw new UsageError('rollback takes one VERSION at most');
    const { settings } = openContext(process.env, { create: false });
    const { retrain_id: id } = (await call('admin', `/v1/models/${settings.modelName}/rollback`, words[0] === undefined ? {} : { version: words[0] })) as { retrain_id: string };
    const row = await endOf(id, DEADLINE_MS);
    if (row === 'interrupted') {
      console.error(`${id} is ordered and goes on without us: ./loop runs ${id}`);
      return INTERRUPTED;
    }
    if (row === 'late') throw transient('no_answer', `${id} is ordered, and the trainer has not ended it within ${DEADLINE_MS / 1000} s; it will: ./loop logs trainer`);
    if (row['outcome'] !== 'promoted') {
      console.error(`not rolled back: ${String(row['outcome_reason'] ?? row['outcome'])}`);
      return 1;
    }
    console.log(`${String(row['model_version'])} serves again (promotion ${String(row['promotion_seq'])}): ${String(row['outcome_reason'])}`);
    return 0;
  },
};
