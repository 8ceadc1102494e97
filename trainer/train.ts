// One training from dataset to verdict: what the child process does. No ledger, no promotion here.
import { DEFAULT_RECIPE, type Recipe } from '../schemas/features.ts';
import type { Registry } from '../schemas/registry.ts';
import { createScorer, type Scorer } from '../schemas/scorer.ts';
import type { Settings } from '../schemas/settings.ts';
import type { Artifacts, StoredModel } from './artifacts.ts';
import { loadDataset, type Offsets } from './dataset.ts';
import { cellList, discordant, judge, type Judged } from './evaluate.ts';
import { gate, type GateVerdict } from './gate.ts';
import type { Backend } from './backend.ts';
import { calibrationError } from './calibrate.ts';
import { fit, type FeatureCache, type FitRow } from './fit.ts';
import { learn } from './learn.ts';
import type { BestModelMetric, EpochProgress } from './progress.ts';
import { takeVerified } from './takeVerified.ts';
import { planOf, type GivenData } from './plan.ts';
import { partsOfRows, type BaseRow, type TrainingRow } from './split.ts';

const FOLDS = 2;
const MIN_SUPPORT = 50;
const GOLDEN_ROWS = 24;
const TOLERANCE = 1e-5;

export type Job = {
  readonly runId: string; readonly cause: string; readonly force: boolean; readonly epochs: number; readonly metric: BestModelMetric; readonly corpora: readonly string[];
  /** what was given with the request; absent: nothing */
  readonly given?: GivenData;
  /** a folder of files people have verified; absent: none */
  readonly verifiedDir?: string | undefined;
  /** rows.csv of the champion's run */
  readonly championDataset?: string | null;
  readonly champion: { readonly version: string; readonly manifestUri: string; readonly manifestSha256: string | undefined; readonly offsets: Offsets } | undefined;
};
export type Stage = 'dataset' | 'training' | 'cross-fit' | 'gate' | 'storing' | 'promoting';
/** What is told while it works. */
export type Told = { readonly kind: 'stage'; readonly stage: Stage } | { readonly kind: 'progress'; readonly progress: EpochProgress };
export type Trained = {
  readonly verdict: GateVerdict; readonly stored: StoredModel; /** where the kept weights lie and which epoch's they are */ readonly bestCheckpoint: string; readonly backend: string; readonly categories: readonly string[];
  readonly datasetHash: string; readonly datasetPath: string; readonly offsets: Offsets;
  /** rows of the hold-out that the finished model scored, and the mean time for one, ms */ readonly scored: number; readonly latencyAvgMs: number | undefined;
  readonly f1: number | undefined; readonly worstF1: number | undefined; readonly championF1: number | undefined; readonly championWorstF1: number | undefined;
  readonly report: object;
};

export async function train(job: Job, { backend, settings, registry, artifacts, tell }: { backend: Backend; settings: Settings; registry: Registry; artifacts: Artifacts; tell: (told: Told) => void }): Promise<Trained> {
  const enter = (stage: Stage): void => tell({ kind: 'stage', stage });
  enter('dataset');
  const champion = job.champion === undefined ? undefined : await artifacts.loadModel(job.champion.manifestUri, job.champion.manifestSha256);
  const verified = job.verifiedDir === undefined ? undefined : await takeVerified(job.runId, { dir: job.verifiedDir, badRows: job.given?.badRows ?? 'refuse', saidAtMs: job.given?.saidAtMs ?? 0 }, { settings, registry, artifacts });
  const data = await loadDataset(job.runId, planOf(verified === undefined ? job : { ...job, corpora: [...job.corpora, verified.subset] }, settings), { settings, registry, artifacts });
  const recipe: Recipe = DEFAULT_RECIPE;
  const { categories } = data;
  const parts = partsOfRows(data.rows, FOLDS);
  const cache: FeatureCache = new Map();
  const indexOf = new Map(categories.map((category, i) => [category, i]));
  const fitRows = (rows: readonly TrainingRow[]): FitRow[] => rows.map((row) => ({ text: row.product_description, label: indexOf.get(row.category) ?? 0, weight: row.weight }));

  enter('training');
  const learnt = await learn(fitRows(parts.training), { categories, recipe, epochs: job.epochs, metric: job.metric, seed: settings.seed, cache, nowMs: () => performance.now(), onEpoch: (progress) => tell({ kind: 'progress', progress }) });
  const { score, temperature, best } = learnt;

  // Each recent row is judged by a candidate that has not trained on it.
  enter('cross-fit');
  const needed = champion === undefined || parts.recent.length === 0 ? [] : Array.from({ length: FOLDS }, (_, fold) => fold);
  const crossFitted: Scorer[] = [];
  for (const fold of needed) crossFitted.push(createScorer({ categories, recipe, temperature: 1 }, await fit(fitRows(parts.training.filter((row) => row.fold !== fold)), { categories: categories.length, recipe, epochs: job.epochs, stopAfter: best?.epoch, seed: settings.seed, cache })));

  enter('gate');
  const byCandidate = { holdOut: judge(parts.holdOut, (row) => score(row.product_description).category), recent: judge(parts.recent, (row) => (crossFitted[row.fold] ?? score)(row.product_description).category) };
  const byChampion = champion === undefined ? undefined : { holdOut: judge(parts.holdOut, (row) => champion.score(row.product_description).category), recent: judge(parts.recent, (row) => champion.score(row.product_description).category) };
  const verdict = gate({
    cause: job.cause, force: job.force, minF1: settings.minF1, categories, majorityF1: majorityF1(parts.holdOut),
    candidate: { holdOut: byCandidate.holdOut.scores, recent: byCandidate.recent.scores },
    champion: champion === undefined || byChampion === undefined ? undefined : { holdOut: byChampion.holdOut.scores, recent: byChampion.recent.scores, categories: champion.manifest.categories, ...discordant(byChampion.recent.right, byCandidate.recent.right) },
  }, { margin: settings.gateMargin, classMargin: settings.gateClassMargin, alpha: settings.gateAlpha, minSupport: MIN_SUPPORT });

  enter('storing');
  const step = Math.max(1, Math.floor(parts.holdOut.length / GOLDEN_ROWS));
  const golden = parts.holdOut.filter((_, i) => i % step === 0).slice(0, GOLDEN_ROWS).map((row) => ({ text: row.product_description, probabilities: [...score(row.product_description).probabilities] }));
  const stored = await artifacts.storeModel({ model_name: settings.modelName, run_id: job.runId, categories, recipe, temperature, golden: golden.length > 0 ? golden : [{ text: 'golden', probabilities: [...score('golden').probabilities] }], tolerance: TOLERANCE, backend: backend.name, dataset_hash: data.hash, seed: settings.seed, training: { epochs: job.epochs, best_epoch: best?.epoch ?? null, best_model_metric: job.metric, library_versions: backend.libraryVersions } }, learnt.weights);
  const scoringFrom = performance.now();
  const ece = calibrationError(parts.holdOut.map((row) => {
    const { category, probabilities } = score(row.product_description);
    return { confidence: Math.max(...probabilities), right: category === row.category };
  }));
  const latencyAvgMs = parts.holdOut.length === 0 ? undefined : (performance.now() - scoringFrom) / parts.holdOut.length;
  const figures = (judged: Judged | undefined): object | null => (judged === undefined ? null : { ...judged.scores, cells: cellList(judged.cells) });
  return {
    verdict, stored, bestCheckpoint: best === undefined ? stored.weightsUri : `${stored.weightsUri}#epoch=${best.epoch}`, backend: backend.name, categories, scored: parts.holdOut.length, latencyAvgMs, datasetHash: data.hash, datasetPath: data.path, offsets: data.offsets,
    f1: byCandidate.holdOut.scores.weighted, worstF1: byCandidate.holdOut.scores.worst?.f1, championF1: byChampion?.holdOut.scores.weighted, championWorstF1: byChampion?.holdOut.scores.worst?.f1,
    report: {
      verdict, dataset_manifest: data.manifestUri, counts: data.counts, set_aside: data.setAside, verified: verified ?? null, epochs: learnt.epochs, best_epoch: best?.epoch ?? null, best_model_metric: job.metric, chosen_on_rows: learnt.heldOut, temperature, ece: ece ?? null, backend: backend.name, library_versions: backend.libraryVersions, recipe, seed: settings.seed,
      candidate: { hold_out: figures(byCandidate.holdOut), recent: figures(byCandidate.recent) }, champion: byChampion === undefined ? null : { version: job.champion?.version, hold_out: figures(byChampion.holdOut), recent: figures(byChampion.recent) },
    },
  };
}

/** Weighted F1 of always answering the most frequent category: its share s gives s · 2s/(1+s). */
export function majorityF1(rows: readonly BaseRow[]): number {
  const counts = new Map<string, number>();
  for (const row of rows) counts.set(row.category, (counts.get(row.category) ?? 0) + 1);
  const share = rows.length === 0 ? 0 : Math.max(...counts.values()) / rows.length;
  return (share * 2 * share) / (1 + share);
}
