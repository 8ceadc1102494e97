// ./loop bench poisoned: wrong labels on purpose, at 1, 5 and 20 % of the labels, from one source or from many: what the live F1 shows, whether an alarm comes, what the gate decides, what the audit and the rules on sources catch.
import { readFileSync } from 'node:fs';
import { sha256 } from '../../consumers/sha256.ts';
import { bookOf, type MonitorRules } from '../../consumers/monitor/rules.ts';
import { syntheticWorld, worldFromRows, type World } from '../../producers/drift.ts';
import { readCsv } from '../../schemas/csv.ts';
import { createMarginals } from '../../schemas/f1.ts';
import { DEFAULT_RECIPE, type Recipe } from '../../schemas/features.ts';
import { createRandom } from '../../schemas/random.ts';
import { createScorer } from '../../schemas/scorer.ts';
import { readSettings } from '../../schemas/settings.ts';
import { examine, type Answer, type Examined } from '../../trainer/gate/examine.ts';
import { heardOf } from '../../trainer/data/heard.ts';
import { partsOf, type BaseRow, type TrainingRow } from '../../trainer/data/split.ts';
import { startBackend } from '../../trainer/model/backend.ts';
import { fit, type FeatureCache } from '../../trainer/model/fit.ts';
import type { Bench, BenchOptions, BenchResult } from '../bench.ts';
import { ATTACKS, AUDITED, HONEST, LABELS_PER_HOUR, streamOf, type Attack, type Lies, type Said, type Shown } from './attack.ts';
import { watch } from './watch.ts';

const SHARES = [0.01, 0.05, 0.2] as const;
const MANY = 50;
const LABELS = 4000;
const QUIET = 1000;
const TEST_ROWS = 1500;
const FRESH_SHARE = 0.5;
const FOLDS = 2;
const LIMIT = 45;
/** The threshold lies so far below what the model has. */
const BELOW = 0.04;
const WORDS_ONLY: Recipe = { ...DEFAULT_RECIPE, wordBits: 18, charMin: 3, charMax: 0, affix: 0 };
const settings = readSettings({});
const { categories } = settings;
const GATE = { margin: settings.gateMargin, classMargin: settings.gateClassMargin, alpha: settings.gateAlpha, minSupport: settings.gateMinSupport };

const f1Of = (rows: readonly { readonly truth: string; readonly predicted: string }[]): number => {
  const marginals = createMarginals();
  for (const { truth, predicted } of rows) marginals.add(truth, predicted, 1);
  return marginals.weighted() ?? 0;
};
const plain = ({ product_description, category }: BaseRow): BaseRow => ({ product_description, category });
const worldOf = ({ dataset, seed }: BenchOptions): World => (dataset === undefined ? syntheticWorld(seed) : worldFromRows(readCsv(readFileSync(dataset), 'Category', categories).rows, seed));

async function run(options: BenchOptions): Promise<BenchResult> {
  const { seed, scale, say } = options;
  await startBackend();
  const world = worldOf(options);
  const base = createRandom(seed).shuffle(world.base.map(plain)).slice(0, Math.round(5000 * Math.min(1, scale)));
  const cache: FeatureCache = new Map();
  async function taught(rows: readonly TrainingRow[]): Promise<Answer> {
    const weights = await fit(rows.map((row) => ({ text: row.product_description, label: categories.indexOf(row.category), weight: row.weight })), { categories: categories.length, recipe: WORDS_ONLY, epochs: settings.epochs, seed, cache });
    const score = createScorer({ categories, recipe: WORDS_ONLY, temperature: 1 }, weights);
    return (text) => score(text).category;
  }
  const champion = await taught(partsOf(base, [], settings.recencyWeight, FOLDS).training);
  const shownOf = ({ product_description: text, category: truth }: BaseRow): Shown => ({ text, truth, predicted: champion(text) });
  const familiar = world.familiar.map(shownOf);
  const fresh = world.fresh.map(shownOf);
  const test = familiar.slice(0, Math.min(TEST_ROWS, Math.floor(familiar.length / 4)));
  const labels = Math.round(LABELS * Math.min(1, scale));
  const quiet = Math.round(QUIET * Math.min(1, scale));
  /** Familiar products, or from `quiet` on half of them of new families. A small file is gone through again. */
  function stage(hasFall: boolean): Shown[] {
    const dice = createRandom(seed + 1);
    const rest = familiar.slice(test.length);
    return Array.from({ length: labels }, (_, i) => (hasFall && i >= quiet && dice.next() < FRESH_SHARE ? fresh[dice.below(fresh.length)] : rest[i % rest.length])).filter((one) => one !== undefined);
  }
  const still = f1Of(test);
  const minF1 = Math.round((still - BELOW) * 100) / 100;
  const open: MonitorRules = { ...bookOf(settings).defaults, minF1 };
  const limited: MonitorRules = { ...open, sourceLabelsPerHour: LIMIT };
  const trusting: MonitorRules = { ...open, trustedSources: ['auditor', ...Array.from({ length: HONEST }, (_, i) => `person-${i}`)] };
  const pushed = [...categories].sort((a, b) => base.filter((row) => row.category === a).length - base.filter((row) => row.category === b).length)[0] ?? '';

  type Trained = { readonly examined: Examined; readonly candidateF1: number };
  // Under another name the same lies are the same rows.
  const known = new Map<string, Promise<Trained>>();
  function trained(stream: readonly Said[], rules: MonitorRules): Promise<Trained> {
    const { heard } = heardOf(stream.map(({ event, text }) => ({ source: event.source, labelled_at: event.labelled_at, category: event.label ?? '', product_description: text })), rules);
    const key = sha256(JSON.stringify(heard.map((row) => [row.product_description, row.category])));
    const found = known.get(key) ?? examined(heard);
    known.set(key, found);
    return found;
  }
  /** A candidate of base corpus and labels, judged as the trainer does. */
  async function examined(heard: readonly (BaseRow & { readonly labelled_at: number })[]): Promise<Trained> {
    const parts = partsOf(base, heard.map((row) => ({ ...plain(row), source: 'label', atMs: row.labelled_at, isRecent: true })), settings.recencyWeight, FOLDS);
    const answer = await taught(parts.training);
    const crossFitted: Answer[] = [];
    for (let fold = 0; fold < FOLDS; fold += 1) crossFitted.push(await taught(parts.training.filter((row) => row.fold !== fold)));
    const verdict = examine({ cause: 'schedule', force: false, minF1, holdOut: parts.holdOut, recent: parts.recent, candidate: { categories, answer, crossFitted }, champion: { categories, answer: champion }, previous: undefined }, GATE);
    const answered = test.map(({ text, truth }) => ({ truth, predicted: answer(text) }));
    return { examined: verdict, candidateF1: f1Of(answered) };
  }
  const watchRows: (string | number | undefined)[][] = [];
  const gateRows: (string | number | undefined)[][] = [];
  const alarm = (after: number | undefined): string => (after === undefined ? 'none' : `after ${after}`);
  const three = (value: number | undefined): string => value?.toFixed(3) ?? '–';
  const percent = (value: number): string => `${(100 * value).toFixed(0)} %`;

  async function tell(name: string, lies: Lies | undefined, hasFall: boolean): Promise<void> {
    const shown = stage(hasFall);
    const stream = streamOf(shown, lies, categories, pushed, createRandom(seed + 2));
    const [plainly, within, trusted] = [watch(stream, open, quiet), watch(stream, limited, quiet), watch(stream, trusting, quiet)];
    const truth = f1Of(shown.slice(-settings.windowLabels));
    const band = plainly.auditBand === undefined ? '' : ` [${three(plainly.auditBand[0])}, ${three(plainly.auditBand[1])}]`;
    watchRows.push([name, three(truth), three(plainly.liveF1), `${three(plainly.auditF1)}${band}`, alarm(plainly.alarmAfter), alarm(within.alarmAfter), alarm(trusted.alarmAfter), lies === undefined ? '–' : percent(within.liesSetAside), percent(within.honestSetAside), lies === undefined ? '–' : `${plainly.oddLiars} of ${Math.min(lies.names, 20)}`, String(plainly.oddHonest)]);
    const [all, some, none] = [await trained(stream, open), await trained(stream, limited), await trained(stream, trusting)];
    gateRows.push([name, three(still), ...[all, some, none].flatMap((one) => [one.examined.status, three(one.candidateF1)])]);
    say(`${name}: live ${three(plainly.liveF1)}, true ${three(truth)}, alarm ${alarm(plainly.alarmAfter)}; gate ${all.examined.status}: ${all.examined.reasons.join('; ').slice(0, 160)}`);
  }
  await tell('nobody lies', undefined, false);
  await tell('nobody lies, a fall', undefined, true);
  for (const attack of ATTACKS as readonly Attack[]) for (const share of SHARES) for (const names of [1, MANY]) {
    await tell(`${attack} ${percent(share)}, ${names === 1 ? 'one source' : `${names} sources`}`, { attack, share, names, from: quiet }, attack === 'hide');
  }
  return {
    bench: 'poisoned', seed, figures: [], bars: [],
    tables: [
      { title: 'What is shown, and whether an alarm comes (a false one, but for the rows of a fall and of hide)', head: ['lies', 'true F1', 'live F1', 'audited F1 [95 %]', 'alarm', `alarm, ${LIMIT}/h`, 'alarm, trusted', 'lies aside', 'honest aside', 'odd liars', 'odd honest'], rows: watchRows },
      { title: 'What a training makes of it: the verdict of the gate and the F1 on clean products of known families', head: ['lies', 'champion', 'gate', 'candidate', `gate, ${LIMIT}/h`, 'candidate', 'gate, trusted', 'candidate'], rows: gateRows },
    ],
    notes: [
      `${labels} labels, ${LABELS_PER_HOUR} an hour of stream time, ${HONEST} honest sources that err once in a hundred, ${percent(AUDITED)} of honest labels are of audited predictions and given by an auditor; lies begin, and the fall, at label ${quiet}; alarms are counted from there`,
      `MIN_F1 ${minF1}, ${BELOW} below what the model has on clean products (${three(still)}); other settings are the defaults; ${LIMIT}/h: SOURCE_LABELS_PER_HOUR=${LIMIT}; trusted: TRUSTED_SOURCES names the honest ones`,
      `random: any wrong category; push: always '${pushed}'; alarm: against the model where it is right; hide: with the model where it errs, while half of the products are of new families`,
      `${options.dataset ?? 'the synthetic catalogue'}: ${base.length} base rows, words only; one seed, so a figure that lies near a threshold may fall on the other side with another`,
    ],
  };
}
export const bench: Bench = { name: 'poisoned', about: 'wrong labels on purpose', run };
