// ./loop dead-letters: what nobody could use, over the HTTP interface, with the right of an admin.
import { LoopError, messageOf } from '../../schemas/failure.ts';
import { topicSpecs } from '../../schemas/topics.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { bytesIn } from '../../inference/console/rules/bytes.ts';
import { ageOf, idOf, inspectLines, listLines, numberOf, purgeLines, type Inspected, type Listed, type Purged } from './deadLetterLines.ts';
import { call } from './talk.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

type Page = { readonly items: readonly Listed[]; readonly next: string | null };
type Filter = { readonly topic?: string | undefined; readonly reason?: string | undefined };
const PAGE = 100;
const DAY_MS = 86_400_000;
const NOTHING_THERE = 3;

const pageOf = async ({ topic, reason }: Filter, limit: number, before: string | undefined): Promise<Page> =>
  (await call('admin', `/v1/dead-letters?${new URLSearchParams({ limit: String(limit), ...(topic === undefined ? {} : { topic }), ...(reason === undefined ? {} : { reason }), ...(before === undefined ? {} : { before }) }).toString()}`)) as Page;
function idIn(word: string): string {
  const id = idOf(word);
  if (id === undefined) throw new UsageError(`'${word}' is no dead letter: give its N as ./loop dead-letters list shows it`);
  return id;
}

async function list(filter: Filter, limit: number, before: string | undefined, json: boolean): Promise<number> {
  const page = await pageOf(filter, limit, before);
  if (json) console.log(JSON.stringify(page, null, 2));
  else for (const line of listLines(page.items, page.next, Date.now())) console.log(line);
  return 0;
}
async function inspect(id: string, json: boolean): Promise<number> {
  const letter = (await call('admin', `/v1/dead-letters/${encodeURIComponent(id)}`)) as Inspected & { readonly bytes_base64: string | null };
  if (json) console.log(JSON.stringify(letter, null, 2));
  else for (const line of inspectLines(letter, letter.bytes_base64 === null ? undefined : bytesIn(letter.bytes_base64), Date.now(), (ms) => new Date(ms).toISOString())) console.log(line);
  return 0;
}

/** Those that match and were not sent before, oldest first: what came first is to be first again. */
async function matching(filter: Filter, again: boolean): Promise<string[]> {
  const ids: string[] = [];
  let before: string | undefined;
  do {
    const page: Page = await pageOf(filter, PAGE, before);
    ids.push(...page.items.filter((one) => again || !one.resent).map(({ id }) => id));
    before = page.next ?? undefined;
  } while (before !== undefined);
  return ids.reverse();
}
async function resend(ids: readonly string[], again: boolean, json: boolean): Promise<number> {
  const sent: string[] = [];
  const refused: { readonly id: string; readonly why: string }[] = [];
  for (const id of ids) {
    try {
      await call('admin', `/v1/dead-letters/${encodeURIComponent(id)}/resend${again ? '?again=true' : ''}`, {});
      sent.push(id);
    } catch (error) {
      // One that was sent before or is gone says nothing about the next; a service that is away does.
      if (!(error instanceof LoopError) || error.kind === 'transient') throw error;
      refused.push({ id, why: messageOf(error) });
    }
  }
  if (json) console.log(JSON.stringify({ sent, refused }, null, 2));
  else {
    console.log(ids.length === 0 ? 'nothing matches' : `${sent.length} sent again, ${refused.length} refused`);
    for (const { id, why } of refused) console.log(`  ${numberOf(id)}: ${why}`);
    if (sent.length > 0) console.log('What cannot be used still comes back as a new dead letter.');
  }
  return refused.length > 0 ? 1 : ids.length === 0 ? NOTHING_THERE : 0;
}

export const deadLetters: Verb = {
  summary: 'what nobody could use: list, inspect, resend, purge',
  usage: `usage: ./loop dead-letters [list] [--topic T] [--reason R] [--limit N] [--before N] [--json]
       ./loop dead-letters inspect N [--json]
       ./loop dead-letters resend N... | --topic T and/or --reason R [--again] [--json]
       ./loop dead-letters purge N... | --topic T and/or --reason R and/or --older-than AGE | --all [--dry-run] [--json]
list      the newest first (50, or --limit up to 100); no text of users
inspect   one of them: its bytes, what they say where they say something, why it is here, who set it aside, what mends it
resend    its very bytes to the place they came from, with their key, after what refused them was mended. Once, unless --again; by --topic and --reason: all that match, oldest first
purge     they are shown and sent no more. Kafka can drop the beginning of a log only: one that stands behind a letter that stays is hidden, and how many are is said
  --older-than AGE   set aside before: 90m, 12h, 7d
  --dry-run          say how many it would be
N is the number list shows. Exit code 0: done; 1: something was refused; 3: nothing matches. All of it needs the admin token, which the stack has.`,
  async run(args) {
    const { values, words } = readArgs(args, {
      topic: { type: 'string' }, reason: { type: 'string' }, limit: { type: 'string' }, before: { type: 'string' }, again: { type: 'boolean' }, all: { type: 'boolean' }, 'older-than': { type: 'string' }, 'dry-run': { type: 'boolean' }, json: { type: 'boolean' },
    });
    const [what = 'list', ...names] = words;
    const { topic, reason, json = false } = values;
    const filter = { topic, reason };
    const isFiltered = topic !== undefined || reason !== undefined;
    const allowed: Readonly<Record<string, readonly string[]>> = { list: ['topic', 'reason', 'limit', 'before'], inspect: [], resend: ['topic', 'reason', 'again'], purge: ['topic', 'reason', 'older-than', 'all', 'dry-run'] };
    const wrong = Object.keys(values).find((flag) => flag !== 'json' && !(allowed[what] ?? []).includes(flag));
    if (allowed[what] !== undefined && wrong !== undefined) throw new UsageError(`--${wrong} does not go with ${what}`);
    switch (what) {
      case 'list': {
        noWords(names);
        const limit = Number(values.limit ?? 50);
        if (!Number.isInteger(limit) || limit < 1 || limit > PAGE) throw new UsageError(`--limit must be a whole number from 1 to ${PAGE}, is '${values.limit ?? ''}'`);
        return list(filter, limit, values.before, json);
      }
      case 'inspect': {
        const [name, ...more] = names;
        noWords(more);
        if (name === undefined) throw new UsageError('inspect needs an N');
        return inspect(idIn(name), json);
      }
      case 'resend': {
        if ((names.length > 0) === isFiltered) throw new UsageError('resend needs either N... or --topic and --reason');
        const again = values.again ?? false;
        return resend(isFiltered ? await matching(filter, again) : names.map(idIn), again, json);
      }
      case 'purge': {
        const age = values['older-than'] === undefined ? undefined : ageOf(values['older-than']);
        if (values['older-than'] !== undefined && age === undefined) throw new UsageError(`--older-than must look like 90m, 12h or 7d, is '${values['older-than']}'`);
        const byRule = isFiltered || age !== undefined;
        if ([names.length > 0, byRule, values.all ?? false].filter(Boolean).length !== 1) throw new UsageError('purge needs one of: N...; --topic, --reason and --older-than; --all');
        const wish = names.length > 0 ? { ids: names.map(idIn) } : byRule ? { topic, reason, before_ms: age === undefined ? undefined : Date.now() - age } : { all: true };
        const done = (await call('admin', '/v1/dead-letters/purge', { ...wish, dry_run: values['dry-run'] ?? false })) as Purged;
        const { settings } = openContext(process.env, { create: false });
        const retentionMs = Number(topicSpecs(settings).find(({ name }) => name === 'dead-letters')?.config['retention.ms'] ?? 0);
        if (json) console.log(JSON.stringify(done, null, 2));
        else for (const line of purgeLines(done, retentionMs / DAY_MS)) console.log(line);
        return done.purged === 0 ? NOTHING_THERE : 0;
      }
      default:
        throw new UsageError('dead-letters knows list, inspect, resend, purge');
    }
  },
};
