// One training from dataset to verdict: what the child process does. No ledger, no promotion here.
import { DEFAULT_RECIPE, type Recipe } from '../../schemas/features.ts';
import { LoopError } from '../../schemas/failure.ts';
import type { Registry } from '../../schemas/registry.ts';
import { createScorer, type Scorer } from '../../schemas/scorer.ts';
import type { Settings } from '../../schemas/settings.ts';
import type { Artifacts, StoredModel } from '../record/artifacts.ts';
import { loadDataset, type Offsets } from '../data/dataset.ts';
import type { Backend } from '../model/backend.ts';
import { calibrationError } from '../model/calibrate.ts';
import { examine, type Examined } from '../gate/examine.ts';
import { fit, type FeatureCache, type FitRow } from '../model/fit.ts';
import { learn } from '../model/learn.ts';
import type { BestModelMetric, EpochProgress } from '../model/progress.ts';
import { takeVerified } from '../data/takeVerified.ts';
import { planOf, type GivenData } from '../data/plan.ts';
import { reportOf } from '../gate/report.ts';
import { reportPage } from '../gate/reportPage.ts';
import { partsOfRows, type TrainingRow } from '../data/split.ts';

const FOLDS = 2;
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
  /** the version before, where the champion is on probation: a second candidate */
  readonly previous?: { readonly version: string; readonly manifestUri: string; readonly manifestSha256: string | undefined };
};
export type Stage = 'dataset' | 'training' | 'cross-fit' | 'gate' | 'storing' | 'promoting';
/** What is told while it works. */
export type Told = { readonly kind: 'stage'; readonly stage: Stage } | { readonly kind: 'progress'; readonly progress: EpochProgress };
export type Trained = {
  readonly verdict: Pick<Examined, 'status' | 'winner' | 'reasons' | 'warnings'>; readonly stored: StoredModel; /** where the kept weights lie and which epoch's they are */ readonly bestCheckpoint: string; readonly backend: string; readonly categories: readonly string[];
  readonly datasetHash: string; readonly datasetPath: string; readonly offsets: Offsets;
  /** rows of the hold-out that the finished model scored, and the mean time for one, ms */ readonly scored: number; readonly latencyAvgMs: number | undefined;
  readonly f1: number | undefined; readonly worstF1: number | undefined; readonly championF1: number | undefined; readonly championWorstF1: number | undefined;
  readonly report: object; /** the page of it */ readonly reportS3: string;
};

/** Who forces also replaces a champion whose objects are gone: then there is nothing to judge against. */
async function withoutLostChampion(job: Job, artifacts: Pick<Artifacts, 'loadModel'>): Promise<Job> {
  if (!job.force || job.champion === undefined) return job;
  const lost = await artifacts.loadModel(job.champion.manifestUri, job.champion.manifestSha256).then(() => false, (error: unknown) => error instanceof LoopError && error.kind === 'poison');
  return lost ? { ...job, champion: undefined } : job;
}

export async function train(given: Job, { backend, settings, registry, artifacts, tell }: { backend: Backend; settings: Settings; registry: Registry; artifacts: Artifacts; tell: (told: Told) => void }): Promise<Trained> {
  const enter = (stage: Stage): void => tell({ kind: 'stage', stage });
  enter('dataset');
  const job = await withoutLostChampion(given, artifacts);
  const champion = job.champion === undefined ? undefined : await artifacts.loadModel(job.champion.manifestUri, job.champion.manifestSha256);
  const previous = job.previous === undefined ? undefined : await artifacts.loadModel(job.previous.manifestUri, job.previous.manifestSha256);
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
  const answerOf = (one: Scorer) => (text: string): string => one(text).category;
  const rules = { margin: settings.gateMargin, classMargin: settings.gateClassMargin, alpha: settings.gateAlpha, minSupport: settings.gateMinSupport, minF1: settings.minF1 };
  const examined = examine({
    cause: job.cause, force: job.force, minF1: settings.minF1, holdOut: parts.holdOut, recent: parts.recent,
    candidate: { categories, answer: answerOf(score), crossFitted: crossFitted.map(answerOf) },
    champion: champion === undefined ? undefined : { categories: champion.manifest.categories, answer: answerOf(champion.score) },
    previous: previous === undefined ? undefined : { categories: previous.manifest.categories, answer: answerOf(previous.score) },
  }, rules);
  const judged = reportOf(examined, rules, { champion: job.champion?.version, previous: job.previous?.version });

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
  const report = {
    ...judged, dataset_manifest: data.manifestUri, counts: data.counts, set_aside: data.setAside, verified: verified ?? null, epochs: learnt.epochs, best_epoch: best?.epoch ?? null, best_model_metric: job.metric, chosen_on_rows: learnt.heldOut, temperature, ece: ece ?? null, backend: backend.name, library_versions: backend.libraryVersions, recipe, seed: settings.seed,
    dataset: { hash: data.hash, path: data.path, offsets: data.offsets },
  };
  const page = reportPage(judged, {
    modelName: settings.modelName, runId: job.runId, cause: job.cause,
    facts: [
      ['rows', list(data.counts)], ['dataset', `SHA-256 ${data.hash}`], ['stored as', data.path], ['labels up to', Object.keys(data.offsets).length === 0 ? 'none' : list(data.offsets)], ['recipe', list(recipe)],
      ['training', `${best?.epoch ?? 0} of ${job.epochs} epochs kept (best ${job.metric}), seed ${settings.seed}, ${backend.name}, temperature ${temperature.toFixed(3)}, ECE ${ece?.toFixed(4) ?? 'absent'}`], ['weights', `SHA-256 ${stored.weightsSha256}`],
    ],
  });
  // Beside the model it speaks for; a rejected one's weights may go, so its report stays with the runs.
  const { status, winner, reasons, warnings } = examined;
  const home = status === 'rejected' ? `s3://models/${settings.modelName}/runs/${job.runId}` : stored.weightsUri.replace(/[^/]+$/, `report-${job.runId}`);
  await Promise.all([artifacts.write(`${home}.html`, page), ...(status === 'rejected' ? [] : [artifacts.write(`${home}.json`, JSON.stringify(report, null, 2))])]);
  return {
    verdict: { status, winner, reasons, warnings }, stored, bestCheckpoint: best === undefined ? stored.weightsUri : `${stored.weightsUri}#epoch=${best.epoch}`, backend: backend.name, categories, scored: parts.holdOut.length, latencyAvgMs, datasetHash: data.hash, datasetPath: data.path, offsets: data.offsets,
    f1: judged.candidate.hold_out.weighted, worstF1: judged.candidate.hold_out.worst?.f1, championF1: judged.champion?.hold_out.weighted, championWorstF1: judged.champion?.hold_out.worst?.f1,
    report, reportS3: `${home}.html`,
  };
}
const list = (of: Readonly<Record<string, unknown>>): string => Object.entries(of).map(([name, value]) => `${name} ${String(value)}`).join(', ');
