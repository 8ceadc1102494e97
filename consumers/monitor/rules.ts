// The settings of judgement as the fold knows them: per model with defaults, in eras. An era begins at an offset of `labelled`; each change is recorded
// for ever, so that any part of the log can be judged again by the settings that were in force when it was new.
import { fatal, messageOf } from '../../schemas/failure.ts';
import type { SourceRules } from './sources.ts';
import { settingsFor, type Settings } from '../../schemas/settings.ts';

export type Trigger = 'evidence' | 'window';
export type JudgeOn = 'all' | 'audit';
export type MonitorRules = {
  readonly bucketMs: number; readonly windowLabels: number; readonly windowMaxAgeMs: number; readonly minF1: number; readonly minClassF1: number | undefined; readonly minAccuracy: number | undefined;
  /** F1 above a floor at which a version shown as degraded is shown as healthy again */
  readonly recoverMargin: number;
  readonly trigger: Trigger; readonly judgeOn: JudgeOn; readonly minLabels: number; readonly falseAlarmEvery: number; readonly settleMs: number; readonly cooldownMs: number;
  readonly maxRetrainsPerDay: number; readonly categories: readonly string[];
} & SourceRules;
export type RuleBook = { readonly defaults: MonitorRules; readonly models: Readonly<Record<string, MonitorRules>> };
/** fromOffset: of the first label judged by these rules. afresh: this version serves again (a rollback), and is judged from here as if it were new. */
export type Era = { readonly fromOffset: number; readonly book: RuleBook; readonly afresh?: Restart };
export type Restart = { readonly modelName: string; readonly modelVersion: string; readonly promotionSeq: number };

/** The rules alone, in one order of fields: the same rules are the same text. */
const rulesIn = (from: MonitorRules): MonitorRules => ({
  bucketMs: from.bucketMs, windowLabels: from.windowLabels, windowMaxAgeMs: from.windowMaxAgeMs, minF1: from.minF1, minClassF1: from.minClassF1, minAccuracy: from.minAccuracy, recoverMargin: from.recoverMargin,
  trigger: from.trigger, judgeOn: from.judgeOn, minLabels: from.minLabels, falseAlarmEvery: from.falseAlarmEvery, settleMs: from.settleMs, cooldownMs: from.cooldownMs, maxRetrainsPerDay: from.maxRetrainsPerDay, categories: from.categories, sourceLabelsPerHour: from.sourceLabelsPerHour, trustedSources: from.trustedSources,
});
export function bookOf(settings: Settings): RuleBook {
  return { defaults: rulesIn(settings), models: Object.fromEntries([...settings.modelSettings.keys()].sort().map((model) => [model, rulesIn(settingsFor(settings, model))])) };
}
export const rulesFor = ({ defaults, models }: RuleBook, modelName: string): MonitorRules => (Object.hasOwn(models, modelName) ? (models[modelName] ?? defaults) : defaults);
/** One book from the beginning. */
export const always = (book: RuleBook): readonly Era[] => [{ fromOffset: 0, book }];

/** What a rule was before it could be set: older records lack it. */
const BEFORE = { minClassF1: undefined, minAccuracy: undefined, recoverMargin: 0, judgeOn: 'all', sourceLabelsPerHour: 0, trustedSources: [] } as const;
type Saved = MonitorRules & { readonly defaults?: MonitorRules; readonly models?: Record<string, MonitorRules> };
export const writeBook = (book: RuleBook): string => JSON.stringify(book);
const NUMBERS = ['bucketMs', 'windowLabels', 'windowMaxAgeMs', 'minF1', 'recoverMargin', 'minLabels', 'falseAlarmEvery', 'settleMs', 'cooldownMs', 'maxRetrainsPerDay'] as const satisfies readonly (keyof MonitorRules)[];
function savedRules(rules: MonitorRules): MonitorRules {
  const whole = { ...BEFORE, ...rules };
  const wrong = NUMBERS.filter((name) => typeof whole[name] !== 'number');
  if (wrong.length > 0) throw new RangeError(`${wrong.join(', ')} must be numbers`);
  return rulesIn(whole);
}
/** A recorded book; the first records held one set of rules for all models. Throws fatal `bad_era`: to judge by other rules than were in force would be worse than not to judge. */
export function readBook(json: string): RuleBook {
  try {
    const { defaults, models = {}, ...flat } = JSON.parse(json) as Saved;
    return { defaults: savedRules(defaults ?? flat), models: Object.fromEntries(Object.entries(models).map(([model, rules]) => [model, savedRules(rules)])) };
  } catch (cause) {
    throw fatal('bad_era', `a record of kind settings on tallies cannot be read: ${messageOf(cause)}. It is not the monitor's; write a tombstone under its key (settings/PARTITION/OFFSET)`, { cause });
  }
}
export const sameBook = (a: RuleBook, b: RuleBook): boolean => writeBook(a) === writeBook(b);

/** Whether evidence gathered under one set of rules says nothing under another: its threshold, its guards or its labels are others. */
export function restartsEvidence(before: MonitorRules, after: MonitorRules): boolean {
  const judged = ({ minF1, minClassF1, minAccuracy, trigger, judgeOn, falseAlarmEvery, categories }: MonitorRules): string => JSON.stringify([minF1, minClassF1 ?? null, minAccuracy ?? null, trigger, judgeOn, falseAlarmEvery, minClassF1 === undefined ? [] : categories]);
  return judged(before) !== judged(after);
}
