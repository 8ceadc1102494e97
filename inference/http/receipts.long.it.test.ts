// ./loop test --long receipts
import { test } from 'node:test';
import { killUnderLoad } from './receipts.testing.ts';

test('twenty times kill -9 under load: every acknowledged prediction and feedback is in the log', (t) => killUnderLoad(t, { kills: 20, seed: 20 }));
