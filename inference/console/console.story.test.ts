// The console on the real stack, driven by a real Chromium: twenty products labelled by keyboard, the tally and the live F1 move, one corrected, one undone, a promotion arrives live, and the way back.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { aFeedback, openBench, until, watch } from '../../stack/testing.ts';
import { streams } from '../../producers/catalogue.ts';
import { accessible, fits, go, openBrowser, openPage, PHONE, signIn } from './browser.testing.ts';

const MOST_BYTES = 150_000;
const EVIL = '<img src=x onerror=alert(1)>';
const PRODUCTS = 40;
const TABS = [['try', '#text'], ['label', '.choice'], ['live', '.matrix'], ['models', '.runs'], ['dead-letters', '.letter']] as const;
type Predicted = { readonly predictions: readonly { readonly prediction_id: string }[] };

test('a person at the console', async (t) => {
  const browser = await openBrowser(t);
  if (browser === undefined) return;
  const bench = await openBench(t);
  const url = `http://127.0.0.1:${bench.settings.inferencePort}`;
  const token = bench.tokens['admin'] ?? '';
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const ask = async <T>(path: string): Promise<T> => (await (await fetch(`${url}${path}`, { headers })).json()) as T;
  const me = await ask<{ readonly name: string }>('/v1/whoami');
  const labelled = await watch(t, bench, 'labelled');
  const letters = await watch(t, bench, 'dead-letters');
  const feedback = await watch(t, bench, 'feedback');
  async function predict(texts: readonly string[]): Promise<string[]> {
    const answer = await fetch(`${url}/v1/predict`, { method: 'POST', headers, body: JSON.stringify({ items: texts.map((product_description) => ({ product_description })) }) });
    return ((await answer.json()) as Predicted).predictions.map(({ prediction_id }) => prediction_id);
  }
  // The newest of all has the name that tries to be markup.
  const ids = new Set([...(await predict(streams(8, PRODUCTS, 0).familiar.map((row) => row.product_description))), ...(await predict([EVIL]))]);
  const { page, transferred, faultless } = await openPage(browser, url);
  await signIn(page, token);
  const before = await page.textContent('#head strong');
  let dialogs = 0;
  page.on('dialog', (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });

  await t.test('twenty labels by keyboard, one corrected, one undone, and all of it is in the log', async () => {
    const progress = await ask<{ readonly by_me: number }>('/v1/labels/progress');
    await go(page, 'label', '.choice');
    await page.selectOption('#order', 'newest');
    await page.waitForSelector(`.product:text-is("${EVIL}")`);
    const said = (): Promise<string | null> => page.textContent('#labelled');
    /** As a person does: with a product before one's eyes. */
    async function press(key: string): Promise<void> {
      await page.waitForSelector('.choice');
      await page.keyboard.press(key);
    }
    for (let i = 0; i < 19; i += 1) await press('Enter');
    assert.equal(await said(), '19');
    // Any but the model's own.
    await page.waitForSelector('.choice');
    const wrong = await page.locator('.choice').evaluateAll((all) => all.findIndex((one) => !one.classList.contains('predicted')));
    await press(String(wrong + 1));
    await press('Enter');
    await page.waitForSelector('#tally >> text=1 corrected, 0 taken back');
    assert.equal(await said(), '20');
    await press('s');
    await press('Enter');
    await press('u');
    await page.waitForSelector('#tally >> text=1 corrected, 1 taken back');
    assert.equal(await said(), '20');
    await page.waitForSelector('.said-list:not(:has(.soft, .bad))');
    const mine = await until('the join has paired what was said', () => {
      const ours = labelled.filter((event) => ids.has(event.prediction_id) && event.source === `console/${me.name}`);
      return ours.length >= 22 ? ours : undefined;
    });
    assert.deepEqual([mine.length, mine.filter((one) => one.label === null).length, mine.filter((one) => one.label !== null && one.label !== one.predicted).length], [22, 1, 1]);
    await until('the day knows of them', async () => ((await ask<{ readonly by_me: number }>('/v1/labels/progress')).by_me - progress.by_me >= 20 ? true : undefined));
  });

  await t.test('the live figures have moved, a cell shows its examples', async () => {
    await go(page, 'live', '.matrix');
    await page.waitForSelector('.matrix td.wrong button');
    await page.click('.matrix td.wrong button');
    await page.waitForSelector('#examples td');
    await page.waitForSelector('.chart');
    await page.waitForSelector('#head .line.live');
  });

  await t.test('a training is ordered, its promotion arrives live, and the way back is one question away', async () => {
    await go(page, 'models', '.runs');
    await page.click('text=Train now');
    await page.fill('dialog input[name=epochs]', '1');
    await page.check('dialog input[name=force]');
    await page.click('dialog button[type=submit]');
    await go(page, 'live', '.matrix');
    await until('another version serves, and the page says so by itself', async () => ((await page.textContent('#head strong')) === before ? undefined : true), 120_000);
    await go(page, 'models', '.runs');
    const back = `Roll back to ${before?.split(' ')[1] ?? ''}`;
    await page.click(`text=${back}`);
    await page.click('dialog button.danger');
    await page.waitForSelector(`#head strong:text-is("${before ?? ''}")`);
    await page.waitForSelector('.runs tbody tr:first-child >> text=rollback');
    await page.click('.runs tbody tr:first-child button');
    await page.waitForSelector('.facts');
  });

  await t.test('a dead letter shows its reason and bytes, goes back to where it came from, and is purged', async () => {
    const before = letters.length;
    // One that stays, for the pages that are looked at later.
    await bench.publisher.send([{ topic: 'feedback', key: 'not framed', raw: Buffer.from('not framed') }]);
    await until('the first is set aside', () => (letters.length > before ? true : undefined));
    const known = letters.length;
    const feedbackId = randomUUID();
    await bench.publisher.send([{ topic: 'feedback', key: [...ids][0] ?? '', value: { ...aFeedback([...ids][0] ?? '', feedbackId, 'No such category'), given_at: 1 } }]);
    await until('the join has set it aside', () => (letters.length > known ? true : undefined));
    await go(page, 'dead-letters', '.letter');
    await page.click('.letter summary');
    await page.waitForSelector('.letter[open] .hex');
    await page.click('.letter[open] >> text=Send again');
    await page.click('dialog button[type=submit]');
    await page.waitForSelector('.letter[open] >> text=sent again');
    await until('it stands on its topic again', () => (feedback.filter((one) => one.feedback_id === feedbackId).length === 2 ? true : undefined));
    const id = await page.locator('.letter[open]').getAttribute('data-key');
    await page.click('.letter[open] >> text=Purge');
    await page.click('dialog button.danger');
    await page.waitForSelector('.notice.good >> text=/^Purged 1 dead letter; /');
    assert.equal(await page.locator(`.letter[data-key="${id ?? ''}"]`).count(), 0);
    assert.equal((await fetch(`${url}/v1/dead-letters/${encodeURIComponent(id ?? '')}`, { headers })).status, 404);
    const done = await until('it is in the audit log', async () => (await ask<{ readonly items: readonly { readonly target: string; readonly actor: string; readonly outcome: string }[] }>('/v1/audit?action=purge&limit=20')).items.find(({ target }) => target === id));
    assert.equal(done.actor, me.name);
  });

  await t.test('every page in light, dark and on a phone: no violation of accessibility, nothing sticks out', async () => {
    for (const [name, options] of [['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: PHONE }]] as const) {
      const other = await openPage(browser, url, options);
      await signIn(other.page, token);
      for (const [tab, there] of TABS) {
        await go(other.page, tab, there);
        await accessible(other.page, `${name}: ${tab}`);
        await fits(other.page, `${name}: ${tab}`);
      }
      other.faultless();
      await other.page.context().close();
    }
  });
  t.diagnostic(`transferred for the whole console: ${transferred()} bytes`);
  assert.ok(transferred() > 10_000 && transferred() < MOST_BYTES, `${transferred()} bytes`);
  assert.deepEqual([dialogs, await page.locator('main img').count()], [0, 0]);
  faultless();
});
