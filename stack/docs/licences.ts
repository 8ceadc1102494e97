// docs/reference/licences.md: what we ship with and start, and under which licences.
import { ALLOWED, lockFile, runtimePackages, SERVERS } from '../dependencies/licences.ts';
import { code, madeFrom, tableOf } from './table.ts';

export function licencesPage(): string {
  const packages = runtimePackages(lockFile());
  const counts = [...Map.groupBy(packages, ({ licence }) => licence)].map(([licence, list]) => [licence, String(list.length)]).sort((a, b) => Number(b[1]) - Number(a[1]));
  return `# Licences

${madeFrom('package-lock.json and stack/dependencies/licences.ts')}

The project itself: Apache-2.0. A package whose licence is none of ${[...ALLOWED].map(code).join(', ')} fails a test (${code('stack/dependencies/licences.test.ts')}); then a person decides, and adds it or does without.

## Packages in our processes

${tableOf(['licence', 'packages'], counts)}

${tableOf(['package', 'version', 'licence', ''], packages.map(({ name, version, licence, isOptional }) => [code(name), version, licence, isOptional ? 'optional' : '']))}

## Programs beside them

The local stack fetches them and runs them as processes of their own.

${tableOf(['program', 'version', 'licence', ''], SERVERS.map(({ name, version, licence, what }) => [name, version, licence, what]))}

## When a dependency has a known hole

${code('./loop test')} asks ${code('npm audit')} about the runtime dependencies and fails on every advisory that is not accepted in ${code('stack/dependencies/exceptions.json')}. An exception names the advisory and the package, says in a sentence why it does not harm us, and ends within 90 days (${code('{"advisory": "GHSA-…", "package": "…", "reason": "…", "until": "2027-01-31"}')}); when it has ended, or nobody reports the advisory any more, the test fails until somebody has looked again.
Where npm cannot ask (offline, or a mirror without that service) the test is skipped and says so. Development tools are not asked about: they never run beside your data.
`;
}
