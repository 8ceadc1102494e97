// The stored log folded under other settings: when each would have alarmed, after how many labels below its threshold, and which alarms were false.
import { createFold } from '../../consumers/monitor/fold.ts';
import type { Era } from '../../consumers/monitor/rules.ts';
import type { Labelled } from '../../schemas/events.ts';
import { hindsightOf, settledOf, stretchesBelow, type Settled, type Stretch } from './hindsight.ts';

/** right: the first of a fall, after so many labels below; again: the same fall goes on; false: the F1 of hindsight was not below. */
export type AlarmVerdict = { readonly status: 'right'; readonly labelsBelow: number } | { readonly status: 'again' | 'false' };
/** at: of the label, ms. place: of the event in the log given. */
export type Alarm = { readonly retrainId: string; readonly modelVersion: string; readonly at: number; readonly place: number; readonly liveF1: number | undefined; readonly hindsightF1: number | undefined; readonly verdict: AlarmVerdict };
export type Outcome = { readonly name: string; readonly minF1: number; readonly trigger: string; readonly alarms: readonly Alarm[]; /** stretches below the floor, and those without an alarm */ readonly below: number; readonly missed: number; readonly labels: number };
export type Setting = { readonly name: string; readonly eras: readonly Era[] };
/** One label heard: for the picture. f1: of the live window. */
export type Point = { readonly place: number; readonly at: number; readonly f1: number; readonly modelVersion: string };

/** One record of the log. */
export type Logged = { readonly event: Labelled; readonly offset: number };
/** Labels of a time, from (inclusive) to (exclusive), ms. Corrections of labels that stand before it become first words: what they take back was never counted. */
export function withinRange(log: readonly Logged[], fromMs: number, toMs: number): Logged[] {
  return log.filter(({ event }) => event.labelled_at >= fromMs && event.labelled_at < toMs)
    .map(({ event, offset }) => ({ event: event.previous_labelled_at !== null && event.previous_labelled_at < fromMs ? { ...event, previous_label: null, previous_labelled_at: null } : event, offset }));
}

/** log: of one model, in its order. */
export function replay(log: readonly Logged[], { name, eras }: Setting): { readonly outcome: Outcome; readonly points: readonly Point[] } {
  const fold = createFold(0, eras);
  const events = log.map(({ event }) => event);
  const modelName = events[0]?.model_name ?? '';
  const { minF1, trigger, windowLabels, recoverMargin, minLabels } = fold.newestRules(modelName);
  const versions = new Map<string, { readonly settled: readonly Settled[]; readonly hindsight: readonly number[]; readonly stretches: readonly Stretch[] }>();
  for (const version of new Set(events.map((event) => event.model_version))) {
    const settled = settledOf(events, version);
    const hindsight = hindsightOf(settled, windowLabels);
    versions.set(version, { settled, hindsight, stretches: stretchesBelow(hindsight, minF1, recoverMargin, minLabels) });
  }
  const alarms: Alarm[] = [];
  const points: Point[] = [];
  const caught = new Set<Stretch>();
  log.forEach(({ event, offset }, place) => {
    for (const request of fold.apply(event, offset)) {
      const known = versions.get(request.model_version ?? '');
      const at = known?.settled.findLastIndex((one) => one.place <= place) ?? -1;
      const stretch = known?.stretches.find((one) => one.from <= at && at < one.to);
      const verdict: AlarmVerdict = stretch === undefined ? { status: 'false' } : caught.has(stretch) ? { status: 'again' } : { status: 'right', labelsBelow: at - stretch.from + 1 };
      if (stretch !== undefined) caught.add(stretch);
      alarms.push({
        retrainId: request.retrain_id, modelVersion: request.model_version ?? '', at: request.requested_at, place, liveF1: request.live_f1 ?? undefined, hindsightF1: known?.hindsight[at], verdict,
      });
    }
    const f1 = fold.versions().find((one) => one.modelVersion === event.model_version)?.counted.all.window.marginals.weighted();
    if (f1 !== undefined) points.push({ place, at: event.labelled_at, f1, modelVersion: event.model_version });
  });
  const stretches = [...versions.values()].flatMap((one) => one.stretches);
  return { outcome: { name, minF1, trigger, alarms, below: stretches.length, missed: stretches.filter((one) => !caught.has(one)).length, labels: points.length }, points };
}
