// The walls of eslint.config.mjs stand: each bad line is caught where it may not be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ESLint } from 'eslint';
import { PROJECT_DIR } from './paths.ts';

const eslint = new ESLint({ cwd: PROJECT_DIR });
const TABLE: { name: string; file: string; code: string; rule: RegExp }[] = [
  { name: 'a pure file imports node:*', file: 'consumers/join/join.ts', code: "import { readFileSync } from 'node:fs';\nexport const x = readFileSync;\n", rule: /no-restricted-imports/ },
  { name: 'a pure file imports a vendor', file: 'trainer/gate/gate.ts', code: "import pino from 'pino';\nexport const x = pino;\n", rule: /no-restricted-imports/ },
  { name: 'a pure file asks the clock', file: 'consumers/monitor/fold.ts', code: 'export const x = Date.now();\n', rule: /no-restricted-globals/ },
  { name: 'a pure file rolls dice', file: 'consumers/monitor/evidence.ts', code: 'export const x = Math.random();\n', rule: /no-restricted-properties/ },
  { name: 'a pure file waits', file: 'trainer/data/split.ts', code: 'export async function x() { await 1; }\n', rule: /no-restricted-syntax/ },
  { name: 'the trainer imports inference', file: 'trainer/jobs/run.ts', code: "import { createSlot } from '../inference/serving/slot.ts';\nexport const x = createSlot;\n", rule: /no-restricted-imports/ },
  { name: 'inference imports the trainer', file: 'inference/http/app.ts', code: "import { gate } from '../trainer/gate/gate.ts';\nexport const x = gate;\n", rule: /no-restricted-imports/ },
  { name: 'schemas import something of ours', file: 'schemas/f1.ts', code: "import { createKafka } from '../producers/kafka.ts';\nexport const x = createKafka;\n", rule: /no-restricted-imports/ },
  { name: 'the environment is read outside a main.ts', file: 'trainer/jobs/worker.ts', code: "export const x = process.env['PATH'];\n", rule: /no-restricted-properties/ },
  { name: 'a page makes markup of text', file: 'inference/console/dom/element.ts', code: "export const x = (e: { innerHTML: string }) => void (e.innerHTML = '<b>');\n", rule: /no-restricted-properties/ },
  { name: 'a page parses markup', file: 'inference/console/dom/morph.ts', code: "export const x = (e: Element) => e['insertAdjacentHTML']('beforeend', '<b>');\n", rule: /no-restricted-properties/ },
  { name: 'a rule of the console asks the clock', file: 'inference/console/rules/queue.ts', code: 'export const x = Date.now();\n', rule: /no-restricted-globals/ },
  { name: 'a page loads a package', file: 'inference/console/dom/main.ts', code: "import axe from 'axe-core';\nexport const x = axe;\n", rule: /no-restricted-imports/ },
];
for (const { name, file, code, rule } of TABLE) {
  test(`wall: ${name}`, async () => {
    const [result] = await eslint.lintText(code, { filePath: file });
    assert.ok(result?.messages.some((message) => rule.test(message.ruleId ?? '')), JSON.stringify(result?.messages));
  });
}
