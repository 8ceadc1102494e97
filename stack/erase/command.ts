// ./loop erase: forgets texts wherever they stand and can be taken out, and says where they remain and for how long.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { userInfo } from 'node:os';
import { openRegistry } from '../../producers/connections.ts';
import { fatal } from '../../schemas/failure.ts';
import { isLegalId, ID_RULE } from '../../schemas/ids.ts';
import type { Settings } from '../../schemas/settings.ts';
import { topicSpecs } from '../../schemas/topics.ts';
import { createArtifacts } from '../../trainer/record/artifacts.ts';
import { openContext } from '../context.ts';
import { UsageError } from '../say.ts';
import { noWords, readArgs } from '../verbs/verb.ts';
import { sweepObjects, type Swept } from './objects.ts';
import { REMAINS, retentionLines, targetOf, type Target, type Wish } from './plan.ts';
import { examplesLeft, readSpoken, tellErasure } from './topics.ts';

const LOOK_MS = 500;
const PATIENCE_MS = 60_000;
export type Erased = { readonly erasureId: string; readonly target: Target; readonly swept: Swept; /** predictions whose example the join has not taken away yet */ readonly left: readonly string[] };

export async function erase(settings: Settings, wish: Wish, { doIt, reason, patienceMs = PATIENCE_MS }: { readonly doIt: boolean; readonly reason: string; readonly patienceMs?: number }): Promise<Erased> {
  const registry = openRegistry(settings);
  const erasureId = randomUUID();
  const target = targetOf(wish, await readSpoken(settings, registry));
  const ids = [...target.ids].filter(isLegalId);
  let left: readonly string[] = await examplesLeft(settings, target.ids);
  if (doIt && ids.length > 0) {
    await tellErasure({ settings, registry }, ids, { erasureId, actor: `./loop erase (${userInfo().username})`, reason, nowMs: Date.now() });
    for (const end = performance.now() + patienceMs; (left = await examplesLeft(settings, target.ids)).length > 0 && performance.now() < end; ) await pause(LOOK_MS);
  }
  // Only then: a training that begins now no longer sees the examples.
  const swept = await sweepObjects(createArtifacts(settings), target, { erasureId, at: new Date().toISOString(), doIt });
  return { erasureId, target, swept, left };
}

function wishOf({ id = [], text = [], file }: { readonly id?: readonly string[] | undefined; readonly text?: readonly string[] | undefined; readonly file?: string | undefined }): Wish {
  const listed = file === undefined ? [] : readFileSync(file, 'utf8').split(/\r?\n/).map((line) => line.trim()).filter((line) => line !== '');
  const ids = [...id, ...listed];
  if (ids.length + text.length === 0) throw new UsageError('say what to erase: --id, --text or --file');
  const wrong = ids.find((one) => !isLegalId(one));
  if (wrong !== undefined) throw new UsageError(`'${wrong}' is no prediction id: ${ID_RULE}`);
  if (text.some((one) => one.trim() === '')) throw new UsageError('--text is empty');
  return { ids, texts: text };
}

export async function runErase(args: readonly string[]): Promise<number> {
  const { values, words } = readArgs(args, { id: { type: 'string', multiple: true }, text: { type: 'string', multiple: true }, file: { type: 'string' }, reason: { type: 'string' }, yes: { type: 'boolean' }, json: { type: 'boolean' } });
  noWords(words);
  const wish = wishOf(values);
  const { settings } = openContext(process.env, { create: false });
  const doIt = values.yes ?? false;
  const { erasureId, target, swept, left } = await erase(settings, wish, { doIt, reason: values.reason ?? '' });
  const rows = swept.rewritten.reduce((sum, one) => sum + one.removed, 0);
  if (values.json) console.log(JSON.stringify({ done: doIt, erasure_id: erasureId, predictions: [...target.ids], unknown: target.unknown, examples_left: left, rewritten: swept.rewritten, skipped: swept.skipped, remains: swept.remains }, null, 2));
  else {
    console.log(`${target.ids.size} predictions${target.unknown.length === 0 ? '' : `; ${target.unknown.length} of them no topic knows any more, first ${target.unknown[0] ?? ''}`}`);
    console.log(doIt ? `examples     ${target.ids.size - left.length} without one, ${left.length} left` : `examples     ${left.length} would go`);
    for (const { uri, removed } of swept.rewritten) console.log(`${doIt ? 'rewritten  ' : 'would be rewritten  '}  ${uri}  ${removed} rows less`);
    console.log(`${swept.rewritten.length} files, ${rows} rows`);
    for (const line of [...retentionLines(topicSpecs(settings)), ...swept.remains.map((uri) => `model        ${uri} holds it among the rows a model is checked with; it goes with the model (./loop gc)`), ...REMAINS, ...swept.skipped.map((line) => `skipped      ${line}`)]) console.log(line);
    console.log(doIt ? `erasure ${erasureId}` : 'nothing was changed: say --yes');
  }
  if (doIt && left.length > 0) throw fatal('examples_left', `the join has not taken away ${left.length} examples within ${PATIENCE_MS / 1000} s: is it up (./loop status)? It does so as soon as it reads its topic; say the same again to be sure`);
  return swept.skipped.length > 0 ? 1 : 0;
}
