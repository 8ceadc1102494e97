// Writes docs/images/console-*.png from a running console: `LOOP_HOME=.loop-demo node inference/console/screenshots.testing.ts` after `./loop demo --keep`, or with --fake from the seeded data of the tests.
import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { openContext } from '../../stack/context.ts';
import { PROJECT_DIR } from '../../stack/paths.ts';
import { go, launch, openPage, PHONE, signIn } from './browser.testing.ts';
import { startFake } from './fake.testing.ts';

const DIR = join(PROJECT_DIR, 'docs/images');
const WIDE = { width: 1120, height: 760 };
type Shot = { readonly name: string; readonly options: BrowserContextOptions; /** false: there is nothing to show */ readonly take: (page: Page) => Promise<boolean> };
/** As tall as what it holds: the picture has all of it, and the head stays on top. */
async function whole(page: Page): Promise<void> {
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  await page.setViewportSize({ width: page.viewportSize()?.width ?? WIDE.width, height });
}
async function trial(page: Page): Promise<boolean> {
  await page.fill('#text', 'Kestrel Sparkling Water Lemon 330 ml');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#answer');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.said >> text=right');
  return true;
}
async function label(page: Page): Promise<boolean> {
  await go(page, 'label', '.choice');
  for (const key of ['Enter', 'Enter', 'Enter', 'u', 'Enter']) await page.keyboard.press(key);
  await page.waitForSelector('.said-list:not(:has(.soft, .bad))');
  // The day's tally follows in a moment.
  await page.waitForTimeout(2000);
  return true;
}
async function live(page: Page): Promise<boolean> {
  await go(page, 'live', '.matrix');
  await page.waitForSelector('.chart');
  await page.locator('.matrix td.wrong button').first().click();
  await page.waitForSelector('#examples table');
  return true;
}
async function models(page: Page): Promise<boolean> {
  await go(page, 'models', '.runs');
  await page.locator('.runs tbody tr:has-text("drift") button').first().click();
  await page.waitForSelector('.facts');
  return true;
}
async function letters(page: Page): Promise<boolean> {
  await go(page, 'dead-letters', '.letter, .empty');
  const letter = page.locator('.letter summary').first();
  if ((await letter.count()) === 0) return false;
  await letter.click();
  return true;
}
const SHOTS: readonly Shot[] = [
  { name: 'try', options: { viewport: WIDE, colorScheme: 'light' }, take: trial },
  { name: 'label', options: { viewport: WIDE, colorScheme: 'light' }, take: label },
  { name: 'live', options: { viewport: WIDE, colorScheme: 'light' }, take: live },
  { name: 'live-dark', options: { viewport: WIDE, colorScheme: 'dark' }, take: live },
  { name: 'models', options: { viewport: WIDE, colorScheme: 'light' }, take: models },
  { name: 'dead-letters', options: { viewport: WIDE, colorScheme: 'light' }, take: letters },
  { name: 'label-phone', options: { viewport: PHONE, colorScheme: 'dark' }, take: label },
];

async function shoot(browser: Browser, url: string, token: string, { name, options, take }: Shot): Promise<void> {
  const { page } = await openPage(browser, url, options);
  await signIn(page, token);
  await page.waitForSelector('#head .line.live');
  const path = join(DIR, `console-${name}.png`);
  if (await take(page)) {
    if (options.viewport === WIDE) await whole(page);
    await page.screenshot({ path });
    console.log(`${path} ${statSync(path).size} bytes`);
  } else console.log(`${name}: nothing to show`);
  await page.context().close();
}

mkdirSync(DIR, { recursive: true });
const browser = await launch(console.log);
const fake = process.argv.includes('--fake') ? await startFake() : undefined;
try {
  const { url, token } = fake === undefined ? running() : { url: fake.url, token: 'admin' };
  for (const shot of SHOTS) await shoot(browser, url, token, shot);
} finally {
  await browser.close();
  await fake?.stop();
}
function running(): { readonly url: string; readonly token: string } {
  const { settings, secrets } = openContext(process.env, { create: false });
  return { url: `http://127.0.0.1:${settings.inferencePort}`, token: secrets.tokens['admin'] ?? '' };
}
