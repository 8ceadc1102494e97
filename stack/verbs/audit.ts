// ./loop audit: what admins have done.
import { openContext } from '../context.ts';
import { auditLines, type AuditEntry } from './auditLines.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export const audit: Verb = {
  summary: 'what admins have done, the newest first',
  usage: `usage: ./loop audit [--action A] [--actor NAME] [--limit N] [--before OFFSET] [--json]
  --action A       only this: rollback, approve, decline, train, cancel, resend, purge, erase
  --actor NAME     only what this token's name did
  --limit N        1 to 100 (default 50)
  --before OFFSET  older ones: what the last look said
  --json           what GET /v1/audit answers
outcome: ordered is written before the act, failed and refused after it, when it came to nothing; what became of an order in the end: ./loop runs.`,
  async run(args) {
    const { values, words } = readArgs(args, { json: { type: 'boolean' }, action: { type: 'string' }, actor: { type: 'string' }, limit: { type: 'string' }, before: { type: 'string' } });
    noWords(words);
    openContext(process.env, { create: false });
    const { json, ...wish } = values;
    const query = new URLSearchParams(Object.entries(wish).filter((one): one is [string, string] => one[1] !== undefined)).toString();
    const answer = await call('admin', `/v1/audit${query === '' ? '' : `?${query}`}`);
    if (json) console.log(JSON.stringify(answer, null, 2));
    else {
      const { items, next } = answer as { readonly items: readonly AuditEntry[]; readonly next: string | null };
      for (const line of auditLines(items, Date.now())) console.log(line);
      if (next !== null) console.log(`older ones: ./loop audit --before ${next}`);
    }
    return 0;
  },
};
