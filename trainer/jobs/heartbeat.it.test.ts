import { test } from 'node:test';
import { outlast } from './heartbeat.testing.ts';

// The ten time-outs are in heartbeat.long.it.test.ts.
test('a training longer than a session time-out: the consumer stays a member, what arrives is recorded', (t) => outlast(t, 1.3));
