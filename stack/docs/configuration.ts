// docs/reference/configuration.md: every setting, and which may differ from model to model.
import { documentedSettings, PER_MODEL, TABLE } from '../../schemas/settingTable.ts';
import { code, madeFrom, tableOf } from './table.ts';

export function configurationPage(): string {
  const perModel = new Set<string>(PER_MODEL.map((key) => TABLE[key].env));
  const rows = documentedSettings().map(([env, fallback, about]) => [code(env), code(fallback), perModel.has(env) ? 'yes' : '', about]);
  return `# Configuration

${madeFrom('schemas/settingTable.ts')}

Environment variables, read once by each process; all mistakes are told together and nothing starts. What \`./loop up\` was given is remembered in the data folder (\`environment.json\`) for the verbs that follow and for the next \`up\`; a variable that is given again, also as an empty one, wins.
*Per model*: may stand in \`MODEL_SETTINGS\` too. A change of a setting of judgement is recorded with the offset from which it is in force, and needs a restart of the monitor only.

${tableOf(['variable', 'default', 'per model', 'meaning'], rows)}
`;
}
