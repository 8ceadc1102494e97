import tseslint from 'typescript-eslint';

// Pure files: rules without a clock, randomness, I/O or vendors. codec, csv and registry meet one vendor each; quickRead and quickWrite work on Node's buffers.
const pure = [
  'schemas/*.ts',
  'consumers/{barrier,sameLog,watchdog,readiness}.ts',
  'stack/faults/table/{rows,seen}.ts',
  'consumers/join/{expiry,join,shared,store,slots,mix,psi}.ts',
  'consumers/monitor/{sources,fold,version,snapshot,rules,eras,settling,cells,tallies,window,verdict,evidence,episode,score,band,view}.ts',
  'trainer/data/{heard,datasetFile,plan,split,verified}.ts',
  'trainer/model/{calibrate,columns,evaluate,pack,progress}.ts',
  'trainer/gate/*.ts',
  'trainer/jobs/{claim,schedule}.ts',
  'trainer/record/{crashTable,garbage,refusals,rollback,runFile,seq,versions}.ts',
  'producers/{catalogue,words,drift,people,groupCommit,silence}.ts',
  'inference/serving/slot.ts',
  'inference/http/{contract,openapi,depth}.ts',
  'inference/oip/{request,answer}.ts',
  'inference/recent/{held,recent,labels,choose,questions,waiting}.ts',
  'inference/labels/leases.ts',
  'inference/live/{changes,joins,view}.ts',
  'inference/deadLetters/{letter,purge,reasons}.ts',
  'inference/audit/entry.ts',
  'inference/repeats/repeats.ts',
  'inference/batch/{cut,layout,rows,view}.ts',
  'inference/access/{bucket,addresses}.ts',
  'inference/console/rules/*.ts',
  'trainer/tracking/{names,mapping}.ts',
  'stack/{migrations,topicDrift}.ts',
  'stack/demo/{story,picture}.ts',
  'stack/verbs/{terminal,deadLetterLines,jobLines,batchLines,labelSession,liveLines,alertLines,auditLines,sourceLines}.ts',
  'bench/detect/{stream,sliding,detectors,evidenceTrigger,poisson,plan,figures,guarantees}.ts',
  'stack/faults/{schedule,feed,fault}.ts',
  'stack/upgrade/plan.ts',
  'stack/fuzz/mutate.ts',
  'stack/dependencies/audit.ts',
  'stack/backtest/{hindsight,replay,picture}.ts',
  'stack/backup/{manifest,usage}.ts',
  'stack/rebuild/{plan,steps,lines,cells}.ts',
  'stack/erase/{plan,redact}.ts',
  'stack/verify/{oracle,compare,pairs}.ts',
  'bench/poisoned/{attack,watch}.ts',
  'bench/sizing/{plan,results}.ts',
  'bench/{join/feed,monitor/labelledLog,train/figures,train/bars}.ts',
];
const noDice = { object: 'Math', property: 'random', message: 'Randomness is an argument.' };
// Text of people and products becomes text in the page, never markup; styles are classes (the page's policy refuses the rest).
const markup = ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'setHTMLUnsafe', 'createContextualFragment', 'parseFromString', 'srcdoc', 'write', 'writeln'].map((property) => ({ property, message: 'Build elements (dom/element.ts): text stays text.' }));
const vendorEdges = ['schemas/{codec,csv,quickRead,quickWrite,registry}.ts', '**/*.test.ts'];
export default tseslint.config(
  { ignores: ['node_modules/', '.loop*/'] },
  ...tseslint.configs.strict,
  { rules: { '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }] } },
  {
    files: pure,
    ignores: vendorEdges,
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!\\.)', message: 'Pure files import no node:* and no vendor package.' }] }],
      'no-restricted-globals': ['error', 'process', 'Date', 'setTimeout', 'setInterval', 'crypto', 'fetch', 'Buffer'],
      'no-restricted-properties': ['error', noDice],
      'no-restricted-syntax': ['error', { selector: ':function[async=true]', message: 'Rules decide; shells do.' }],
    },
  },
  { files: ['schemas/*.ts'], rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ regex: '^\\.\\./', message: 'schemas/ imports nothing of ours.' }] }] } },
  { files: ['trainer/**/*.ts'], rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ group: ['**/inference/**'], message: 'Trainer and inference meet in schemas/.' }] }] } },
  { files: ['inference/**/*.ts'], rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns: [{ group: ['**/trainer/**'], message: 'Trainer and inference meet in schemas/.' }] }] } },
  { files: ['{producers,consumers,trainer,inference}/**/*.ts'], ignores: ['**/main.ts', '**/*.test.ts', '**/*.it.test.ts', '**/*.testing.ts'], rules: { 'no-restricted-properties': ['error', noDice, { object: 'process', property: 'env', message: 'Only main.ts reads process.env, through readSettings.' }] } },
  {
    files: ['inference/console/{dom,rules}/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-properties': ['error', noDice, ...markup], 'no-eval': 'error', 'no-implied-eval': 'error', 'no-new-func': 'error',
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!\\.)', message: 'The browser loads our own files only.' }] }],
    },
  },
);
