// An inference that only works on batch jobs, as a process that a test may kill. Arguments: manifest, its SHA-256, version, program of the child.
import { silent } from '../../producers/kafka.ts';
import { readModelSettings } from '../../schemas/settings.ts';
import { openBatchLane } from './lane.ts';
import { createBatchLedger } from './ledger.ts';
import { createStorage } from './s3.ts';

const [manifestUri = '', manifestSha256 = '', version = '', program = ''] = process.argv.slice(2);
const settings = readModelSettings(process.env);
const ledger = createBatchLedger(settings);
const lane = openBatchLane({
  env: process.env, leaseMs: settings.leaseMs, maxBytes: settings.maxBatchBytes, ledger, storage: createStorage(settings), log: silent, onEnd: () => undefined, onFatal: () => process.exit(1),
  serving: () => ({ name: settings.modelName, version, manifestUri, manifestSha256 }), ...(program === '' ? {} : { program }),
});
process.once('SIGTERM', () => void lane.stop().then(() => ledger.close()));
