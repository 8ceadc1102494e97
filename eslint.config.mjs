import tseslint from 'typescript-eslint';

const pure = ['schemas/{confusion,f1,partition}.ts', 'consumers/join/join.ts', 'consumers/monitor/evidence.ts'];
export default tseslint.config(
  { ignores: ['node_modules/', '.loop/', '.loop-test/'] },
  ...tseslint.configs.strict,
  {
    files: pure,
    rules: {
      'no-restricted-imports': ['error', { patterns: [{ regex: '^(?!\\.)', message: 'Pure files import no node:* and no vendor package.' }] }],
      'no-restricted-globals': ['error', 'process', 'Date', 'setTimeout', 'setInterval', 'crypto', 'fetch'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Randomness is an argument.' }],
      'no-restricted-syntax': ['error', { selector: ':function[async=true]', message: 'Rules decide; shells do.' }],
    },
  },
  { files: ['trainer/**/*.ts'], rules: { 'no-restricted-imports': ['error', { patterns: ['**/inference/**'] }] } },
  { files: ['inference/**/*.ts'], rules: { 'no-restricted-imports': ['error', { patterns: ['**/trainer/**'] }] } },
);
