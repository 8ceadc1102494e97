// ./loop approve, decline: an admin's word on a run that has passed the gate, and what became of it.
import { setTimeout as pause } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { transient } from '../../schemas/failure.ts';
import { openContext } from '../context.ts';
import { urlOf } from '../processes.ts';
import { UsageError } from '../say.ts';
import { call } from './talk.ts';
import { readArgs, type Verb } from './verb.ts';

const DEADLINE_MS = 120_000;
type Row = { readonly id: string; readonly status: string; readonly outcome: string | null; readonly outcome_reason: string | null; readonly model_version: string | null; readonly promotion_seq: number | null };

function verb(kind: 'approve' | 'decline', summary: string, usage: string): Verb {
  return {
    summary, usage,
    async run(args) {
      const { values, words } = readArgs(args, { why: { type: 'string' } });
      const { settings } = openContext(process.env, { create: false });
      const [run] = words;
      if (run === undefined) {
        const { runs } = (await call('admin', `/v1/models/${settings.modelName}/runs/awaiting`)) as { runs: { id: string; cause: string; f1: number | null; champion_f1: number | null; approve_until: string; report_s3: string | null }[] };
        for (const one of runs) console.log(`${one.id}  ${one.cause.padEnd(14)} F1 ${one.f1?.toFixed(4) ?? 'absent'}, champion ${one.champion_f1?.toFixed(4) ?? 'absent'}  until ${one.approve_until}  ${one.report_s3 ?? ''}`);
        if (runs.length === 0) console.log('no run waits for an approval');
        return 0;
      }
      if (words.length > 1) throw new UsageError(`${kind} takes one RUN`);
      await call('admin', `/v1/models/${settings.modelName}/runs/${encodeURIComponent(run)}/${kind}`, { by: userInfo().username, ...(values.why === undefined ? {} : { why: values.why }) });
      for (const end = performance.now() + DEADLINE_MS; performance.now() < end; await pause(200)) {
        const { rows } = await fetch(`${urlOf(settings, 'trainer')}/trainings`).then((answer) => answer.json() as Promise<{ rows: Row[] }>, () => ({ rows: [] as Row[] }));
        const row = rows.find((one) => one.id === run);
        if (row === undefined || row.status === 'PENDING' || row.status === 'RUNNING') continue;
        console.log(`${row.outcome === 'promoted' ? `${row.model_version ?? ''} is promoted (promotion ${row.promotion_seq ?? ''})` : `the run ended as ${row.outcome ?? ''}`}: ${row.outcome_reason ?? ''}`);
        return row.outcome === (kind === 'approve' ? 'promoted' : 'rejected') ? 0 : 1;
      }
      throw transient('no_answer', `the word on ${run} is kept, and the trainer has not acted on it within ${DEADLINE_MS / 1000} s; it will: ./loop logs trainer`);
    },
  };
}
export const approve = verb('approve', 'let a run that waits be promoted', "usage: ./loop approve [RUN] [--why TEXT]\nRUN: the id of a run that has passed the gate and waits (PROMOTE=ask); without it, the runs that wait.\nExits 1 when it is not promoted: when the champion has changed, it is judged again first.");
export const decline = verb('decline', 'end a run that waits', 'usage: ./loop decline [RUN] [--why TEXT]\nRUN: the id of a run that waits for an approval; without it, the runs that wait.');
