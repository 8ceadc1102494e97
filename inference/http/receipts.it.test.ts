// Whoever got an answer finds it in the log, although the process was killed. The long test does it twenty times.
import { test } from 'node:test';
import { killUnderLoad } from './receipts.testing.ts';

test('kill -9 under load: every acknowledged prediction and feedback is in the log', (t) => killUnderLoad(t, { kills: 1, seed: 1 }));
