// What the monitor makes of a stream: the fold itself, under some rules on sources. Pure.
import { createFold } from '../../consumers/monitor/fold.ts';
import { always, type MonitorRules } from '../../consumers/monitor/rules.ts';
import { viewOf } from '../../consumers/monitor/view.ts';
import { isLiar, type Said } from './attack.ts';

export type Watched = {
  /** labels from `from` to the first order; undefined: none came */
  readonly alarmAfter: number | undefined; readonly liveF1: number | undefined; readonly auditF1: number | undefined; readonly auditBand: readonly [number, number] | undefined; /** of the lies, the share that was set aside */ readonly liesSetAside: number; readonly honestSetAside: number;
  readonly oddLiars: number; readonly oddHonest: number;
};
export function watch(stream: readonly Said[], rules: MonitorRules, from: number): Watched {
  const fold = createFold(0, always({ defaults: rules, models: {} }));
  let alarmAt: number | undefined;
  stream.forEach(({ event }, i) => {
    if (fold.apply(event, i).length > 0 && i >= from) alarmAt ??= i;
  });
  const [version] = fold.versions();
  if (version === undefined) throw new RangeError('a stream needs labels');
  const view = viewOf(version, fold, 0);
  const lies = stream.filter(({ isLie }) => isLie).length;
  const asideOf = (liars: boolean): number => [...version.sources].filter(([source]) => isLiar(source) === liars).reduce((sum, [, one]) => sum + one.setAside, 0);
  const odd = view.sources.filter((one) => one.odd).map(({ source }) => isLiar(source));
  return {
    alarmAfter: alarmAt === undefined ? undefined : alarmAt - from + 1, liveF1: view.weighted_f1 ?? undefined, auditF1: view.audit.weighted_f1 ?? undefined, auditBand: view.audit.band ?? undefined,
    liesSetAside: lies === 0 ? 0 : asideOf(true) / lies, honestSetAside: asideOf(false) / (stream.length - lies), oddLiars: odd.filter(Boolean).length, oddHonest: odd.filter((one) => !one).length,
  };
}
