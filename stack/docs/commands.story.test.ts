// The commands of our pages, page by page, as a reader would type them, on the stack as it stands. Only the ports are others. What needs a stack of its own is in commands.long.pure.test.ts.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../context.ts';
import { kindOf, scriptOf } from './commands.ts';
import { PAGE_FILES, readPage, runPage } from './pages.testing.ts';

// The pages ask for them; what they do is not ours to bring along.
const missing = ['curl', 'jq'].filter((tool) => !(process.env['PATH'] ?? '').split(':').some((dir) => dir !== '' && existsSync(join(dir, tool))));
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not on the PATH, and the pages use them (Debian, Ubuntu: apt install ${missing.join(' ')})`;
const { settings, env } = openContext(process.env, { create: false });
for (const file of PAGE_FILES) {
  const blocks = readPage(file).blocks.filter((block) => kindOf(block).status === 'run');
  // A page with `long` blocks counts on what those have started; here it finds the stack running.
  if (blocks.length > 0) test(`${file}: ${blocks.length} blocks of commands`, { skip }, () => runPage(scriptOf(file, blocks, settings.portBase), env));
}
