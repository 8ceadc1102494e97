// The rule files as data, for the tests that hold them, their promtool tests and their page together.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { PROJECT_DIR } from '../stack/paths.ts';

export type Rule = { readonly record?: string; readonly alert?: string; readonly expr: string; readonly labels?: Readonly<Record<string, string>>; readonly annotations?: Readonly<Record<string, string>> };
export type ExprTest = { readonly expr: string; readonly eval_time: string; readonly exp_samples: readonly { readonly labels: string; readonly value: number }[] };
type TestFile = { readonly tests: readonly { readonly name: string; readonly promql_expr_test?: readonly ExprTest[] }[] };

const DIR = join(PROJECT_DIR, 'prometheus');
export const RULES_FILE = join(DIR, 'loop.rules.yml');
export const RULE_TEST_FILES: readonly string[] = globSync('*.rules*.test.yml', { cwd: DIR }).sort().map((name) => join(DIR, basename(name)));

export const readRules = (): Rule[] => (parse(readFileSync(RULES_FILE, 'utf8')) as { groups: readonly { rules: readonly Rule[] }[] }).groups.flatMap((group) => group.rules);
/** Per test the questions it asks. */
export const readRuleTests = (): (readonly ExprTest[])[] => RULE_TEST_FILES.flatMap((file) => (parse(readFileSync(file, 'utf8')) as TestFile).tests.map((one) => one.promql_expr_test ?? []));
