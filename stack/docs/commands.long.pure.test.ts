// The pages whose commands start, stop or empty a stack, whole and in order, each on a data folder of its own that is empty at first.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PROJECT_DIR } from '../paths.ts';
import { testEnvironment } from '../tests.ts';
import { kindOf, scriptOf } from './commands.ts';
import { PAGE_FILES, readPage, runPage } from './pages.testing.ts';

const [HOME, PORT_BASE] = [join(PROJECT_DIR, '.loop-docs'), 31_000];
const env = testEnvironment(process.env, HOME, PORT_BASE);
for (const file of PAGE_FILES) {
  const { blocks } = readPage(file);
  if (!blocks.some((block) => kindOf(block).status === 'long')) continue;
  test(`${file}: its commands from an empty data folder on`, async () => {
    const empty = async (): Promise<void> => {
      if (existsSync(HOME)) await runPage('./loop down', env);
      rmSync(HOME, { recursive: true, force: true });
    };
    await empty();
    try {
      await runPage(scriptOf(file, blocks.filter((block) => ['run', 'long'].includes(kindOf(block).status)), PORT_BASE), env);
    } finally {
      await empty();
    }
  });
}
