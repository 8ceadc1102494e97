// HTML from templates: everything put in is escaped, unless it was made by this tag itself.
export type Html = { readonly html: string };
const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escape = (text: string): string => text.replace(/[&<>"']/g, (sign) => ESCAPES[sign] ?? sign);

type Put = string | number | Html | readonly (string | number | Html)[] | undefined;
const put = (value: Put): string => {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  if ('html' in value) return value.html;
  return value.map(put).join('');
};
export const html = (parts: TemplateStringsArray, ...values: readonly Put[]): Html => ({ html: parts.map((part, i) => part + put(values[i])).join('') });
