// docs/reference/cli.md: what every verb says with --help.
import { summaryOf, VERB_NAMES, verbOf } from '../verbs/all.ts';
import { code, madeFrom, tableOf } from './table.ts';

export async function cliPage(): Promise<string> {
  const rows = VERB_NAMES.map((name) => [`[${code(`./loop ${name}`)}](#${name})`, summaryOf(name)]);
  const sections = await Promise.all(VERB_NAMES.map(async (name) => `## ${name}\n\n\`\`\`text\n${(await verbOf(name))?.usage ?? ''}\n\`\`\``));
  return `# Command line

${madeFrom('what the verbs say with --help')}

\`npm run VERB\` does the same. Files are looked for from the project's folder. Exit code 2: the command was not understood; what else a verb ends with stands below. \`LOOP_HOME\` names the data folder, and with it the stack that is meant; other settings come from the environment too ([configuration](configuration.md)).

${tableOf(['verb', ''], rows)}

${sections.join('\n\n')}
`;
}
