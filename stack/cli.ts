// The verbs of ./loop. A verb that is not here yet is refused by name, never stubbed.
import { spawnSync } from 'node:child_process';
import { runTests } from './tests.ts';

const HELP = `usage: ./loop VERB
  test    lint, typecheck, tables and laws; ends with "N passed, N failed"
  help    this text
Not built yet (issue 4): up, down, status, logs, demo, predict, feedback, live, verify, reset.`;

const [verb = 'help', ...rest] = process.argv.slice(2);
if (rest.includes('--help') || verb === 'help' || verb === '--help') console.log(HELP);
else if (verb === 'test') process.exitCode = runTests((command, args) => spawnSync(command, args, { encoding: 'utf8' }));
else {
  console.error(`loop: '${verb}' is not a verb of this version.\n${HELP}`);
  process.exitCode = 2;
}
