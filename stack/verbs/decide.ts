// ./loop approve, decline: an admin's word on a run that has passed the gate, and what became of it.
import { userInfo } from 'node:os';
import { transient } from '../../schemas/failure.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { endOf, INTERRUPTED } from './job.ts';
import { call } from './talk.ts';
import { readArgs, type Verb } from './verb.ts';

const DEADLINE_MS = 120_000;

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
      const row = await endOf(run, DEADLINE_MS);
      if (row === 'interrupted') {
        console.error(`the word on ${run} is kept: ./loop runs ${run}`);
        return INTERRUPTED;
      }
      if (row === 'late') throw transient('no_answer', `the word on ${run} is kept, and the trainer has not acted on it within ${DEADLINE_MS / 1000} s; it will: ./loop logs trainer`);
      const { outcome, outcome_reason: reason, model_version: version, promotion_seq: seq } = row;
      console.log(`${outcome === 'promoted' ? `${String(version)} is promoted (promotion ${String(seq)})` : `the run ended as ${String(outcome)}`}: ${String(reason ?? '')}`);
      return outcome === (kind === 'approve' ? 'promoted' : 'rejected') ? 0 : 1;
    },
  };
}
export const approve = verb('approve', 'let a run that waits be promoted', "usage: ./loop approve [RUN] [--why TEXT]\nRUN: the id of a run that has passed the gate and waits (PROMOTE=ask); without it, the runs that wait.\nExits 1 when it is not promoted: when the champion has changed, it is judged again first.");
export const decline = verb('decline', 'end a run that waits', 'usage: ./loop decline [RUN] [--why TEXT]\nRUN: the id of a run that waits for an approval; without it, the runs that wait.');
