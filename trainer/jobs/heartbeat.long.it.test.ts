import { test } from 'node:test';
import { outlast } from './heartbeat.testing.ts';

test('a training longer than ten session time-outs: the consumer stays a member, what arrives is recorded', (t) => outlast(t, 10.5));
