// Numbers and times as a person reads them. No evidence is a dash, never a zero.
export const NONE = '–';

/** An F1 or a probability with three digits. */
export const score = (value: number | null | undefined): string => (value == null ? NONE : value.toFixed(3));
export const percent = (share: number | null | undefined, digits = 0): string => (share == null ? NONE : `${(share * 100).toFixed(digits)} %`);
export const signed = (value: number): string => `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value).toFixed(3)}`;
const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
/** 12,345 */
export const count = (value: number | null | undefined): string => (value == null ? NONE : grouped.format(value));
export const plural = (value: number, one: string, many = `${one}s`): string => `${count(value)} ${value === 1 ? one : many}`;

/** A positive figure of any size in a few digits: 0.0015, 12, 3,400, 1.2e+6. */
export function magnitude(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value === 0) return '0';
  if (value >= 1e6 || value < 1e-4) return value.toExponential(1);
  return value >= 100 ? count(value) : value >= 1 ? value.toFixed(1) : value.toPrecision(2);
}

const UNITS: readonly (readonly [ms: number, unit: string])[] = [[86_400_000, 'd'], [3_600_000, 'h'], [60_000, 'min'], [1000, 's']];
/** 850 ms, 4.2 s, 3 min, 5 h, 2 d */
export function duration(ms: number | null | undefined): string {
  if (ms == null) return NONE;
  const [size, unit] = UNITS.find(([least]) => ms >= least) ?? [1, 'ms'];
  const value = ms / size;
  return `${unit !== 'ms' && value < 10 && !Number.isInteger(value) ? value.toFixed(1) : Math.round(value)} ${unit}`;
}
export const ago = (atMs: number, nowMs: number): string => (nowMs - atMs < 1000 ? 'just now' : `${duration(nowMs - atMs)} ago`);

const day = new Intl.DateTimeFormat('en', { day: 'numeric', month: 'short' });
const clock = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const clockToSecond = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
/** The time of day; with its day when that is another than today. */
export function moment(atMs: number, nowMs: number): string {
  return day.format(atMs) === day.format(nowMs) ? clockToSecond.format(atMs) : `${day.format(atMs)}, ${clock.format(atMs)}`;
}
/** A mark on a time axis, as fine as the step between marks. */
export const tick = (atMs: number, stepMs: number): string => (stepMs >= 86_400_000 ? day : stepMs >= 60_000 ? clock : clockToSecond).format(atMs);
/** From an ISO time; undefined where there is none. */
export function isoMs(text: string | null | undefined): number | undefined {
  if (text == null) return undefined;
  const parts = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,3}))?/.exec(text);
  if (parts === null) return undefined;
  const [year = 0, month = 0, date = 0, hours = 0, minutes = 0, seconds = 0] = parts.slice(1, 7).map(Number);
  return daysBefore(year, month, date) * 86_400_000 + hours * 3_600_000 + minutes * 60_000 + seconds * 1000 + Number((parts[7] ?? '').padEnd(3, '0'));
}
/** Days from 1970-01-01 to a date of the Gregorian calendar (Hinnant's days_from_civil). */
function daysBefore(year: number, month: number, date: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}
