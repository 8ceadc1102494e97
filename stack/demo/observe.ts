// What the demo sees of the running loop: only public doors (HTTP, metrics, the trainer's page, Alertmanager).
import type { VersionView } from '../../consumers/monitor/view.ts';
import type { Context } from '../context.ts';
import { urlOf } from '../processes.ts';

export type TrainingView = { readonly id: string; readonly retrain_id: string; readonly cause: string; readonly status: string; readonly outcome: string | null; readonly outcome_reason: string | null; readonly model_version: string | null; readonly f1: number | null; readonly min_f1: number | null; readonly champion_f1: number | null; readonly duration_ms: number | null };
export type Observed = { readonly servingVersion: string | undefined; readonly live: VersionView | undefined; readonly waiting: number | undefined; readonly stage: string; readonly rows: readonly TrainingView[]; /** whether Alertmanager lists LiveF1Fallen; undefined when it does not answer */ readonly alertFires: boolean | undefined };

const json = async <T>(url: string, token?: string): Promise<T | undefined> =>
  fetch(url, { ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }), signal: AbortSignal.timeout(3000) }).then((answer) => (answer.ok ? (answer.json() as Promise<T>) : undefined), () => undefined);

export async function observe({ settings, secrets }: Context): Promise<Observed> {
  const [live, training, metrics, alerts] = await Promise.all([
    json<{ serving: { model_version: string } | null; live: { models: VersionView[] } }>(`${urlOf(settings, 'inference')}/v1/live`, secrets.tokens.predict),
    json<{ stage: string; retrain_id: string | null; rows: TrainingView[] }>(`${urlOf(settings, 'trainer')}/trainings`),
    fetch(`${urlOf(settings, 'join')}/metrics`, { signal: AbortSignal.timeout(3000) }).then((answer) => answer.text(), () => ''),
    json<unknown[]>(`${settings.alertmanagerUrl}/api/v2/alerts?filter=${encodeURIComponent('alertname="LiveF1Fallen"')}`),
  ]);
  const serving = live?.serving?.model_version;
  const views = live?.live.models ?? [];
  // The serving version as soon as anybody has labelled it, until then the one labelled last.
  const shown = views.find((view) => view.model_version === serving) ?? [...views].sort((a, b) => b.last_labelled_at - a.last_labelled_at)[0];
  const waiting = /^loop_join_waiting\{side="predictions"\} (\d+)/m.exec(metrics)?.[1];
  return {
    servingVersion: serving, live: shown, waiting: waiting === undefined ? undefined : Number(waiting),
    stage: training === undefined ? 'the trainer does not answer' : training.retrain_id === null ? 'none open' : `${training.retrain_id}: ${training.stage}`, rows: training?.rows ?? [], alertFires: alerts === undefined ? undefined : alerts.length > 0,
  };
}
