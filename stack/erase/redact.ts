// A CSV without the rows that are to be forgotten: every other row keeps its text as it stood. Pure.
import { createSplitter, type CsvRecord } from '../../schemas/csvSplit.ts';
import { normalise } from '../../schemas/features.ts';

/** texts: normalised, wherever they stand. ids: of predictions. labelTexts: normalised texts of these predictions, which go where a row says that it comes from a label. */
export type Forget = { readonly texts: ReadonlySet<string>; readonly ids: ReadonlySet<string>; readonly labelTexts: ReadonlySet<string> };
export type Redacted = { readonly text: string; readonly removed: number };

const MARK = '\ufeff';
/** undefined: there is nothing to remove. A file without the columns that would tell, or that is no CSV, is left as it is. Throws poison `bad_csv` for what cannot be split. */
export function redactCsv(text: string, { texts, ids, labelTexts }: Forget): Redacted | undefined {
  const splitter = createSplitter();
  const body = text.startsWith(MARK) ? text.slice(1) : text;
  const [header, ...records] = [...splitter.push(body), ...splitter.end()];
  if (header === undefined) return undefined;
  const at = (name: string): number => header.cells.indexOf(name);
  const [textAt, idAt, sourceAt] = [at('product_description'), at('prediction_id'), at('source')];
  const isToGo = ({ cells }: CsvRecord): boolean => {
    if (idAt >= 0 && ids.has(cells[idAt] ?? '')) return true;
    if (textAt < 0 || (texts.size === 0 && labelTexts.size === 0)) return false;
    const key = normalise(cells[textAt] ?? '');
    return texts.has(key) || (sourceAt >= 0 && cells[sourceAt] === 'label' && labelTexts.has(key));
  };
  const kept = records.filter((record) => !isToGo(record));
  const removed = records.length - kept.length;
  if (removed === 0) return undefined;
  // What stands behind the header ends every line.
  const [end = '\n'] = /^(?:\r\n|\r|\n)/.exec(body.slice(header.raw.length)) ?? [];
  return { text: `${text.startsWith(MARK) ? MARK : ''}${[header, ...kept].map(({ raw }) => raw).join(end)}${end}`, removed };
}
