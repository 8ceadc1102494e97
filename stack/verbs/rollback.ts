// ./loop rollback: back to an earlier version of the model, and what became of it.
import { setTimeout as pause } from 'node:timers/promises';
import { transient } from '../../schemas/failure.ts';
import { openContext } from '../context.ts';
import { urlOf } from '../processes.ts';
import { UsageError } from '../say.ts';
import { call } from './talk.ts';
import { readArgs, type Verb } from './verb.ts';

const DEADLINE_MS = 60_000;
type Row = { readonly retrain_id: string; readonly status: string; readonly outcome: string | null; readonly outcome_reason: string | null; readonly model_version: string | null; readonly promotion_seq: number | null };

export const rollback: Verb = {
  summary: 'back to an earlier version of the model',
  usage: 'usage: ./loop rollback [VERSION]\nVERSION: like v1; without it, the version that served before this one. Versions: GET /v1/models.\nExits 1 when the trainer refuses, with its reason.',
  async run(args) {
    const { words } = readArgs(args, {});
    if (words.length > 1) throw new UsageError('rollback takes one VERSION at most');
    const { settings } = openContext(process.env, { create: false });
    const { retrain_id: id } = (await call('admin', `/v1/models/${settings.modelName}/rollback`, words[0] === undefined ? {} : { version: words[0] })) as { retrain_id: string };
    for (const end = performance.now() + DEADLINE_MS; performance.now() < end; await pause(200)) {
      const rows = await fetch(`${urlOf(settings, 'trainer')}/trainings`).then((answer) => answer.json() as Promise<{ rows: Row[] }>, () => ({ rows: [] as Row[] }));
      const row = rows.rows.find((one) => one.retrain_id === id);
      if (row === undefined || row.status === 'PENDING' || row.status === 'RUNNING') continue;
      if (row.outcome !== 'promoted') {
        console.error(`not rolled back: ${row.outcome_reason ?? row.outcome ?? ''}`);
        return 1;
      }
      console.log(`${row.model_version ?? ''} serves again (promotion ${row.promotion_seq ?? ''}): ${row.outcome_reason ?? ''}`);
      return 0;
    }
    throw transient('no_answer', `${id} is ordered, and the trainer has not ended it within ${DEADLINE_MS / 1000} s; it will: ./loop logs trainer`);
  },
};
