// What `npm audit` says against what has been accepted, with a reason and an end. Pure: reports and dates are arguments.

/** advisory: its id, GHSA-…; until: an ISO date, from whose first moment in UTC on it is accepted no longer. */
export type Exception = { readonly advisory: string; readonly package: string; readonly reason: string; readonly until: string };
export type Advisory = { readonly id: string; readonly package: string; readonly severity: string; readonly title: string };
const DAY_MS = 86_400_000;
/** Nothing is accepted for longer without another look. */
export const LONGEST_DAYS = 90;

const fieldOf = (from: unknown, name: string): unknown => (typeof from === 'object' && from !== null ? Reflect.get(from, name) : undefined);
const textOf = (from: unknown, name: string): string => {
  const found = fieldOf(from, name);
  return typeof found === 'string' ? found : '';
};
/** The advisories in the JSON of `npm audit`; a text: why there are none to be had. */
export function advisoriesIn(json: string): readonly Advisory[] | string {
  let report: unknown;
  try {
    report = JSON.parse(json);
  } catch {
    return 'npm audit gave no JSON';
  }
  const packages = fieldOf(report, 'vulnerabilities');
  if (typeof packages !== 'object' || packages === null) return `npm audit cannot be asked: ${textOf(report, 'message') || 'it names no vulnerabilities'}`;
  const found = new Map<string, Advisory>();
  for (const [name, one] of Object.entries(packages)) {
    const via: unknown = fieldOf(one, 'via');
    for (const cause of Array.isArray(via) ? (via as unknown[]) : []) {
      // A text names another package of the report, where the advisory itself stands.
      const id = /GHSA-[a-z0-9-]+/i.exec(textOf(cause, 'url'))?.[0];
      if (id !== undefined) found.set(`${id} ${name}`, { id, package: name, severity: textOf(cause, 'severity'), title: textOf(cause, 'title') });
    }
  }
  return [...found.values()];
}

/** What is wrong, in sentences: advisories that nobody has accepted, exceptions that are over, too long, without a reason, or no longer needed (told only when the advisories are known). */
export function judgeAudit(advisories: readonly Advisory[] | undefined, exceptions: readonly Exception[], nowMs: number, msOf: (iso: string) => number): string[] {
  const covers = (one: Advisory, { advisory, package: name }: Exception): boolean => advisory === one.id && name === one.package;
  return [
    ...exceptions.flatMap((one) => {
      const named = `exception for ${one.advisory} in ${one.package}`;
      const until = msOf(one.until);
      return [
        ...(/^GHSA(-[a-z0-9]{4}){3}$/i.test(one.advisory) && one.package !== '' ? [] : [`${named}: it must name an advisory (GHSA-…) and a package`]),
        ...(one.reason.trim().length >= 20 ? [] : [`${named}: say in a sentence why it does not harm us`]),
        ...(Number.isNaN(until) || !/^\d{4}-\d\d-\d\d$/.test(one.until) ? [`${named}: until must be a date like 2027-01-31`] : until <= nowMs ? [`${named} was good until ${one.until}: mend it, or look again and give it another end`] : until > nowMs + LONGEST_DAYS * DAY_MS ? [`${named}: ${one.until} is more than ${LONGEST_DAYS} days away`] : []),
      ];
    }),
    ...(advisories ?? []).filter((one) => !exceptions.some((exception) => covers(one, exception))).map(({ id, package: name, severity, title }) => `${name}: ${severity}: ${title} (${id}); mend it, or accept it in stack/dependencies/exceptions.json with a reason and an end`),
    ...(advisories === undefined ? [] : exceptions.filter((exception) => !advisories.some((one) => covers(one, exception))).map(({ advisory, package: name }) => `exception for ${advisory} in ${name}: nobody reports it any more; remove it`)),
  ];
}
