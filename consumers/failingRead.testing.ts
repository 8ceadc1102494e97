// Run by readToEnd.it.test.ts as a program of its own.
import { messageOf } from '../schemas/failure.ts';
import { readSettings } from '../schemas/settings.ts';
import { readToEnd } from './readToEnd.ts';

await readToEnd({
  settings: readSettings(process.env), clientId: 'failing-read', topics: ['dead-letters'],
  onRecord() {
    process.stdout.write('called\n');
    throw new Error('the handler threw');
  },
}).catch((error: unknown) => process.stdout.write(`rejected: ${messageOf(error)}\n`));
