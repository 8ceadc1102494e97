import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evidenceBar, plainLine, render, sparkline, type Picture } from './picture.ts';
import { freshShareAt, nextAlert, nextPhase, type Alert, type Phase, type Seen, type StoryRules } from './story.ts';

const RULES: StoryRules = { minF1: 0.9, healthyLabels: 100, recoveredLabels: 100, rampMs: 1000, maxFreshShare: 0.6, deadlineMs: 10_000 };
const live = (version: string, f1: number, labels = 200, status = 'healthy') => ({ version, status, labels, f1, fedLabels: labels });
const seen = (elapsedMs: number, more: Partial<Seen> = {}): Seen => ({ elapsedMs, servingVersion: 'v1', live: live('v1', 0.95), drift: undefined, ...more });

test('the story goes healthy, drifting, retraining, recovering, recovered', () => {
  const names: string[] = [];
  let phase: Phase = { name: 'healthy' };
  for (const one of [
    seen(100, { live: live('v1', 0.95, 50) }), seen(200), seen(700), seen(900, { drift: { status: 'RUNNING', outcome: null, reason: null, newVersion: null } }),
    seen(1500, { drift: { status: 'FINISHED', outcome: 'promoted', reason: '', newVersion: 'v2' } }), seen(1600, { servingVersion: 'v2', drift: { status: 'FINISHED', outcome: 'promoted', reason: '', newVersion: 'v2' } }),
    seen(1700, { live: live('v2', 0.7) }), seen(1800, { live: live('v2', 0.93) }),
  ]) names.push((phase = nextPhase(phase, one, RULES)).name);
  assert.deepEqual(names, ['healthy', 'drifting', 'drifting', 'retraining', 'retraining', 'recovering', 'recovering', 'recovered']);
});
test('a rejected retraining, an early one and a lasting silence are failures with a reason', () => {
  const row = { status: 'FINISHED', outcome: 'rejected', reason: 'worse', newVersion: null };
  assert.match(JSON.stringify(nextPhase({ name: 'retraining', sinceMs: 0, f1Before: 1, fedBefore: 0, driftingSinceMs: 0 }, seen(1, { drift: row }), RULES)), /rejected: worse/);
  assert.equal(nextPhase({ name: 'healthy' }, seen(1, { drift: row }), RULES).name, 'failed');
  assert.equal(nextPhase({ name: 'healthy' }, seen(10_001, { live: undefined }), RULES).name, 'failed');
});
test('an alert is heard once and over once; an Alertmanager that does not answer changes nothing', () => {
  const states: Alert[] = [];
  for (const firing of [false, undefined, true, undefined, true, false, true]) states.push(nextAlert(states.at(-1) ?? { status: 'silent' }, firing, states.length));
  assert.deepEqual(states.map((one) => one.status), ['silent', 'silent', 'firing', 'firing', 'firing', 'over', 'over']);
  assert.deepEqual(states.at(-1), { status: 'over', heardMs: 2, overMs: 5 });
});
test('the share of fresh products rises evenly and stays', () => {
  const phase: Phase = { name: 'drifting', sinceMs: 1000, f1Before: 0.9, fedBefore: 0 };
  assert.deepEqual([1000, 1500, 2000, 9000].map((ms) => freshShareAt(phase, ms, RULES)), [0, 0.3, 0.6, 0.6]);
});
test('the picture says no evidence, never 0, without labels', () => {
  const picture: Picture = { elapsedMs: 61_000, phase: 'healthy', servingVersion: 'v1', liveVersion: undefined, f1: null, band: null, labels: 0, minF1: 0.9, worst: null, evidenceRatio: 0, waiting: 3, perSecond: 10, freshShare: 0, stage: 'quiet', failed: 0, trail: [null, 0.5, 1] };
  assert.ok(render(picture, 10_000).some((line) => line.includes('no evidence')));
  assert.match(plainLine(picture), /^1:01 {2}healthy/);
  assert.equal(sparkline([null, 0.5, 1], 10), ' ▁█');
  assert.deepEqual([evidenceBar(0, 100), evidenceBar(1, 100), Math.round(evidenceBar(0.01, 100))], [0, 1, 0]);
});
