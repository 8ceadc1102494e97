// Who labels, as lines of a terminal. Pure: made of what GET /v1/live answers.
import { harmless, table } from './terminal.ts';

export type Source = { readonly source: string; readonly labels: number; readonly set_aside: number; readonly contradicts: number; readonly others_contradict: number | null; readonly apart: number | null; readonly pushes: string | null; readonly pushes_share: number | null; readonly odd: boolean };
export type Labelled = { readonly model_name: string; readonly model_version: string; readonly sources?: readonly Source[] };

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(1)} %`);
export function sourceLines(versions: readonly Labelled[]): string[] {
  const lines = versions.flatMap(({ model_name, model_version, sources = [] }) => {
    if (sources.length === 0) return [];
    const rows = sources.map((one) => [harmless(one.source), String(one.labels), String(one.set_aside), percent(one.contradicts), percent(one.others_contradict), one.apart === null ? '–' : one.apart.toFixed(1), one.odd ? 'odd' : '', one.pushes === null ? '' : `${harmless(one.pushes)} (${percent(one.pushes_share)})`]);
    return [`${model_name} ${model_version}`, ...table(['source', 'labels', 'set aside', 'contradicts', 'others', 'apart', '', 'gives most against the model'], rows)];
  });
  return lines.length === 0 ? ['nobody has labelled anything yet'] : lines;
}
