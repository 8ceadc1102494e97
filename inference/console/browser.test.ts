// The pages in a real Chromium, against a small fake of the service: keys, words, refusals, names that try to be markup, accessibility in light, dark and on a phone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { closeAtEnd } from '../../stack/testing.ts';
import { accessible, fits, go, openBrowser, openPage, PHONE, signIn } from './browser.testing.ts';
import { EVIL, startFake } from './fake.testing.ts';

const MOST_BYTES = 150_000;
const TABS = [['try', '#text'], ['label', '.choice'], ['live', '.matrix'], ['models', '.runs'], ['dead-letters', '.letter']] as const;

test('the console in a browser', async (t) => {
  const browser = await openBrowser(t);
  if (browser === undefined) return;
  const fake = await startFake();
  closeAtEnd(t, () => fake.stop());

  await t.test('a wrong token is refused in words; a good one is kept for the tab and forgotten on signing out', async () => {
    const { page, transferred, faultless } = await openPage(browser, fake.url, {}, [401]);
    await page.fill('#token', 'wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Unauthorized: send a known token Sign in with another token');
    await signIn(page, 'admin');
    await page.reload();
    await page.waitForSelector('nav a[aria-current]');
    assert.equal(await page.evaluate('localStorage.length'), 0);
    t.diagnostic(`transferred for two loads of the page: ${transferred()} bytes`);
    assert.ok(transferred() > 10_000 && transferred() < MOST_BYTES);
    await page.click('text=Sign out');
    await page.waitForSelector('#token');
    assert.equal(await page.evaluate('sessionStorage.length'), 0);
    faultless();
    await page.context().close();
  });

  await t.test('try: one text, one key, and it is feedback', async () => {
    const { page, faultless } = await openPage(browser, fake.url);
    await signIn(page, 'admin');
    await page.keyboard.type('Kestrel Sparkling Water 2');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#answer:focus');
    const predicted = await page.textContent('.predicted .what');
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=You said: right');
    assert.equal(predicted?.startsWith(fake.feedback.at(-1)?.category ?? '-'), true);
    await page.keyboard.press('u');
    await page.waitForSelector('text=You said: taken back');
    assert.equal(fake.feedback.at(-1)?.category, null);
    await page.keyboard.press('Escape');
    await page.waitForSelector('#text:focus');
    await page.keyboard.type('5');
    assert.equal(await page.inputValue('#text'), '5');
    faultless();
    await page.context().close();
  });

  await t.test('label: twenty by keyboard, one corrected, one undone; a word that does not arrive says so and is said again', async () => {
    const { page, faultless } = await openPage(browser, fake.url, {}, [503]);
    await signIn(page, 'labeller');
    await page.waitForSelector('.choice');
    const shown = (): Promise<string | null> => page.textContent('.product');
    const drawn = await page.locator('.choice .fill').first().boundingBox();
    assert.ok(drawn !== null && drawn.width > 1 && drawn.height > 1, 'the bars are seen');
    const before = fake.feedback.length;
    for (let i = 0; i < 19; i += 1) {
      const text = await shown();
      await page.keyboard.press('Enter');
      // The next one is there before the word has arrived.
      assert.notEqual(await shown(), text);
    }
    const place = await page.locator('.choice').evaluateAll((all) => all.findIndex((one) => !one.classList.contains('predicted')));
    await page.keyboard.press(String(place + 1));
    await page.keyboard.press('Enter');
    const [last, next] = [await page.textContent('.said-list li .text'), await shown()];
    await page.waitForSelector('#tally >> text=1 corrected, 0 taken back');
    assert.equal(await page.textContent('#labelled'), '20');
    await page.keyboard.press('u');
    assert.equal(await shown(), last);
    await page.waitForSelector('#tally >> text=0 corrected, 1 taken back');
    assert.equal(await page.textContent('#labelled'), '19');
    await page.waitForSelector('.said-list:not(:has(.soft, .bad))');
    const said = fake.feedback.slice(before);
    assert.equal(said.length, 21);
    assert.deepEqual(said.slice(-2).map(({ prediction_id, category }) => [prediction_id === said.at(-1)?.prediction_id, category === null]), [[true, false], [true, true]]);
    fake.fail('/v1/feedback', 503);
    await page.keyboard.press('s');
    assert.equal(await shown(), next);
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Nothing was changed. Try again in a moment');
    fake.fail('/v1/feedback', undefined);
    await page.click('text=Not stored. Try again');
    await page.waitForSelector('main:not(:has(.notice)) .said-list:not(:has(.soft, .bad))');
    await page.selectOption('#order', 'audit');
    await page.waitForSelector('.said >> text=audit sample');
    faultless();
    await page.context().close();
  });

  await t.test('a name that tries to be markup stays text, wherever it stands', async () => {
    const { page, faultless } = await openPage(browser, fake.url);
    await signIn(page, 'admin');
    await page.fill('#text', EVIL);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#answer');
    assert.equal(await page.textContent('.product'), EVIL);
    await go(page, 'dead-letters', '.letter');
    await page.click('.letter:last-of-type summary');
    assert.equal(await page.textContent('.letter:last-of-type pre'), EVIL);
    assert.deepEqual(await page.evaluate('[document.querySelectorAll("main img, main script").length, document.title]'), [0, 'Dead letters · Console']);
    faultless();
    await page.context().close();
  });

  await t.test('live: figures move, a promotion arrives, a torn stream is taken up again, a cell shows its examples', async () => {
    const { page, faultless } = await openPage(browser, fake.url, {}, [0]);
    await signIn(page, 'admin');
    await go(page, 'live', '.matrix');
    await page.click('.matrix td.wrong button');
    await page.waitForSelector('#examples td');
    fake.promote('v3', 'manual');
    await page.waitForSelector('#head >> text=grocery v3');
    fake.tear();
    await page.waitForSelector('#head .line.waiting');
    await page.waitForSelector('#head .line.live');
    fake.promote('v2', 'rollback');
    await page.waitForSelector('#head >> text=grocery v2');
    // An update keeps what a person is at.
    await page.focus('.matrix td.right button');
    await page.waitForTimeout(1200);
    assert.equal(await page.evaluate('document.activeElement.closest("table").className'), 'matrix');
    faultless();
    await page.context().close();
  });

  await t.test('models: a question stands before each lever; Escape changes nothing', async () => {
    const { page, faultless } = await openPage(browser, fake.url);
    await signIn(page, 'admin');
    await go(page, 'models', '.runs');
    await page.click('tr[data-key=run-v2] button');
    await page.waitForSelector('text=Frozen hold-out, 1404 rows');
    await page.click('text=Roll back to v1');
    await page.keyboard.press('Escape');
    assert.equal(await page.textContent('#head strong'), 'grocery v2');
    await page.click('text=Roll back to v1');
    await page.click('text=Serve v1 again');
    await page.waitForSelector('#head >> text=grocery v1');
    await page.click('text=Approve');
    await page.fill('dialog input[name=why]', 'looks right');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.notice.good >> text=Approved');
    faultless();
    await page.context().close();
  });

  await t.test('dead letters: a question stands before a purge; one goes, then all that are shown, and none that nobody has seen', async () => {
    const own = await startFake();
    closeAtEnd(t, () => own.stop());
    const { page, faultless } = await openPage(browser, own.url, {}, [503]);
    await signIn(page, 'admin');
    await go(page, 'dead-letters', '.letter');
    const ids = (): Promise<(string | null)[]> => page.locator('.letter').evaluateAll((all) => all.map((one) => one.getAttribute('data-key')));
    assert.deepEqual(await ids(), ['dead-letters:0:41', 'dead-letters:0:40', 'dead-letters:0:39']);
    await page.click('.letter:last-of-type summary');
    await page.click('.letter[open] >> text=Purge');
    await page.waitForSelector('dialog >> text=there is no way back');
    await page.keyboard.press('Escape');
    assert.equal((await ids()).length, 3);
    own.fail('/v1/dead-letters/purge', 503);
    await page.click('.letter[open] >> text=Purge');
    await page.click('dialog button.danger');
    await page.waitForSelector('.notice.bad >> text=Nothing was changed');
    own.fail('/v1/dead-letters/purge', undefined);
    await page.click('.letter[open] >> text=Purge');
    await page.click('dialog button.danger');
    await page.waitForSelector('.notice.good >> text=Purged 1 dead letter; 2 stay.');
    assert.deepEqual([await ids(), await page.evaluate('document.activeElement.textContent')], [['dead-letters:0:41', 'dead-letters:0:40'], 'Dead letters']);
    own.setAside('dead-letters:0:42');
    await page.click('text=Purge all');
    await page.waitForSelector('dialog >> text=1 would stay');
    await accessible(page, 'a question before a purge');
    await page.click('dialog button.danger:text-is("Purge 2 dead letters")');
    await page.waitForSelector('.letter[data-key="dead-letters:0:42"]');
    assert.deepEqual(await ids(), ['dead-letters:0:42']);
    await page.selectOption('#topic', 'feedback');
    await page.click('text=Purge all of feedback');
    await page.click('dialog button.danger:text-is("Purge 1 dead letter")');
    await page.waitForSelector('text=Every record that came could be used.');
    assert.equal(await page.locator('text=Purge all').count(), 0);
    faultless();
    await page.context().close();
  });

  await t.test('a token sees what it may do, and no lever it may not pull', async () => {
    const { page, faultless } = await openPage(browser, fake.url);
    await signIn(page, 'reader');
    assert.deepEqual(await page.locator('nav a').allTextContents(), ['Live', 'Models']);
    await go(page, 'models', '.runs');
    assert.deepEqual([await page.locator('main button:has-text("Roll back"), main button:has-text("Train"), main button:has-text("Approve")').count(), await page.locator('main >> text=Levers need the scope admin').count()], [0, 1]);
    faultless();
    await page.context().close();
  });

  for (const [name, options] of [['light', { colorScheme: 'light' }], ['dark', { colorScheme: 'dark' }], ['phone', { viewport: PHONE }]] as const) {
    await t.test(`no violation of accessibility, nothing sticks out: ${name}`, async () => {
      const { page, faultless } = await openPage(browser, fake.url, options);
      await accessible(page, 'sign-in');
      await signIn(page, 'admin');
      for (const [tab, until] of TABS) {
        await go(page, tab, until);
        if (tab === 'try') {
          await page.fill('#text', 'Oat Milk 1 L');
          await page.keyboard.press('Enter');
          await page.waitForSelector('#answer');
        }
        if (tab === 'label') await page.keyboard.press('Enter');
        if (tab === 'live') {
          await page.click('.matrix td.wrong button');
          await page.waitForSelector('#examples td');
          await page.click('figure summary');
        }
        if (tab === 'models') {
          await page.click('tr[data-key=run-v2] button');
          await page.waitForSelector('.facts');
        }
        if (tab === 'dead-letters') await page.click('.letter summary');
        await accessible(page, `${name}: ${tab}`);
        await fits(page, `${name}: ${tab}`);
      }
      await page.click('.letter button');
      await accessible(page, `${name}: a question`);
      await page.keyboard.press('Escape');
      await page.click('text=Keys');
      await accessible(page, `${name}: keys`);
      faultless();
      await page.context().close();
    });
  }
});
