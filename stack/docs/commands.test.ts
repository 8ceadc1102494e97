// Every command on our pages is run by a test or says why not; verbs and flags that are named exist.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { VERB_NAMES, verbOf } from '../verbs/all.ts';
import { atPorts, faultOf, kindOf, loopCallsIn, scriptOf } from './commands.ts';
import { PAGE_FILES, readPage } from './pages.testing.ts';

const usages = new Map(await Promise.all(VERB_NAMES.map(async (name) => [name as string, (await verbOf(name))?.usage] as const)));
const usageOf = (verb: string): string | undefined => usages.get(verb);

test('every block of commands is run, or its fence says why not; in docs/ a shell block is marked as one', () => {
  const faults = PAGE_FILES.flatMap((file) => readPage(file).blocks.flatMap((block) => {
    const kind = kindOf(block);
    if (kind.status === 'wrong') return [`${file}:${block.line}: ${kind.fault}`];
    return kind.status === 'synopsis' && file.startsWith('docs/') ? [`${file}:${block.line}: write \`\`\`sh, and behind it 'no-test: WHY' or 'long: WHY' when it cannot be run in the story`] : [];
  }));
  assert.deepEqual(faults, []);
});
test('every verb and flag that a page names is there, in blocks and in the text', () => {
  const faults = PAGE_FILES.flatMap((file) => {
    const { blocks, codes } = readPage(file);
    const texts = [...blocks.filter((block) => kindOf(block).status !== 'text').map(({ line, code }) => ({ line, code })), ...codes.filter(({ code }) => code.startsWith('./loop '))];
    return texts.flatMap(({ line, code }) => loopCallsIn(code).flatMap((call) => faultOf(call, usageOf) ?? []).map((fault) => `${file}:${line}: ${fault}`));
  });
  assert.deepEqual(faults, []);
});

test('kinds of blocks', () => {
  const kind = (language: string, note: string, code = './loop up'): string => kindOf({ language, note, code }).status;
  assert.deepEqual([kind('sh', ''), kind('sh', 'no-test: stops it'), kind('sh', 'long: stops it'), kind('', ''), kind('text', ''), kind('', '', 'a drawing'), kind('json', '')], ['run', 'parsed', 'long', 'synopsis', 'text', 'text', 'text']);
  for (const [language, note] of [['bash', ''], ['console', ''], ['sh', 'no-test'], ['sh', 'no-test: '], ['sh', 'title=x']] as const) assert.equal(kind(language, note), 'wrong', `${language} ${note}`);
  for (const code of ['curl -s x', 'TOKEN=$(x) y', '# first\nexport A=b ', 'tar c x']) assert.equal(kind('', '', code), 'synopsis', code);
});
test('calls of ./loop are found with their words', () => {
  assert.deepEqual(loopCallsIn('ID=$(./loop predict "Oat; Milk" | jq -r .x) # ./loop no\n  ./loop train \\\n  --csv x.csv && ./loop runs > y'), [['predict', '"Oat; Milk"'], ['train', '--csv', 'x.csv'], ['runs']]);
  assert.deepEqual(loopCallsIn('MIN_F1=0.8 ./loop up'), [['up']]);
});
test('a verb or a flag that is not there is told', () => {
  assert.equal(faultOf(['train', '--csv', 'x', '--epochs', '2'], usageOf), undefined);
  assert.equal(faultOf(['predict', '--help'], usageOf), undefined);
  assert.equal(faultOf(['teach'], usageOf), "./loop has no verb 'teach'");
  assert.equal(faultOf(['train', '--cvs', 'x'], usageOf), './loop train has no --cvs');
  assert.equal(faultOf(['backtest', '[--form', 'x]'], usageOf), './loop backtest has no --form');
});
test('a page is one program, which stops at the first failure and leaves nothing behind; the default ports become those of the stack', () => {
  assert.equal(atPorts('curl 127.0.0.1:17010/x http://localhost:17005 127.0.0.1:1701 127.0.0.1:170100', 27_000), 'curl 127.0.0.1:27010/x http://localhost:27005 127.0.0.1:1701 127.0.0.1:170100');
  const block = (line: number, code: string) => ({ line, language: 'sh', note: '', code });
  const script = scriptOf('a.md', [block(3, 'A=1'), block(9, 'sleep 60 & echo "$A $!"'), block(12, 'false'), block(15, 'echo never')], 27_000);
  const ran = spawnSync('bash', ['-c', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const [a, pid] = ran.stdout.trim().split(' ');
  assert.deepEqual([ran.status, ran.stderr, a], [1, 'a.md:3\na.md:9\na.md:12\n', '1']);
  assert.throws(() => process.kill(Number(pid), 0), /ESRCH/, 'what the page had started outlives it');
});
