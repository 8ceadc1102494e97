// The commands of our pages, page by page, as a reader would type them, on the stack as it stands. Only the ports are others. What needs a stack of its own is in commands.long.pure.test.ts.
import { test } from 'node:test';
import { openContext } from '../context.ts';
import { kindOf, scriptOf } from './commands.ts';
import { PAGE_FILES, readPage, runPage } from './pages.testing.ts';

const { settings, env } = openContext(process.env, { create: false });
for (const file of PAGE_FILES) {
  const blocks = readPage(file).blocks.filter((block) => kindOf(block).status === 'run');
  // A page with `long` blocks counts on what those have started; here it finds the stack running.
  if (blocks.length > 0) test(`${file}: ${blocks.length} blocks of commands`, () => runPage(scriptOf(file, blocks, settings.portBase), env));
}
