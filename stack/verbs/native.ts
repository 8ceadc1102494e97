// ./loop native: the quicker TensorFlow.js backend, fetched or built into the cache.
import { readSecretFile } from '../../producers/secretFile.ts';
import { readSettings } from '../../schemas/settings.ts';
import { fetchNative } from '../native.ts';
import { pathsOf } from '../paths.ts';
import { noWords, readArgs, type Verb } from './verb.ts';

export const native: Verb = {
  summary: 'fetch or build tfjs-node into the cache: trainings are quicker with it, nothing needs it',
  usage: `usage: ./loop native
First the library that tfjs-node's own installer downloads; where that fails, TensorFlow from PyPI (270 MB) and g++. The trainer uses it from its next training on (TRAIN_BACKEND=auto).`,
  async run(args) {
    noWords(readArgs(args, {}).words);
    const { homeDir, cacheDir } = readSettings(process.env, readSecretFile);
    const home = await fetchNative(pathsOf(homeDir, cacheDir, process.env['XDG_CACHE_HOME']).cache, (line) => console.log(line));
    console.log(`tfjs-node is ready in ${home}`);
    return 0;
  },
};
