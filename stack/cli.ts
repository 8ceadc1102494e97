// The verbs of ./loop.
import { report } from './say.ts';
import { help, verbOf } from './verbs/all.ts';

async function main([word = 'help', ...args]: readonly string[]): Promise<number> {
  if (word === 'help' || word === '--help' || word === '-h') {
    console.log(help());
    return 0;
  }
  const verb = await verbOf(word);
  if (verb === undefined) {
    console.error(`loop: '${word}' is not a verb.\n${help()}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    console.log(verb.usage);
    return 0;
  }
  return verb.run(args);
}

// `./loop up | head` must not end half-way because nobody reads on.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
  });
}
const argv = process.argv.slice(2);
process.exitCode = await main(argv).catch((error: unknown) => report(error, argv[0] ?? ''));
