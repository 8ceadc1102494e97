// A Chromium for the tests of the pages: opened once per test, its pages watched. What a page must never do fails every test it happens in: an error, a refusal by its policy, a request to somebody else.
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import axe from 'axe-core';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { messageOf } from '../../schemas/failure.ts';
import { fetchChromium } from '../../stack/chromium.ts';
import { pathsOf } from '../../stack/paths.ts';
import { closeAtEnd } from '../../stack/testing.ts';

const FLAGS = ['--no-sandbox', '--headless=new', '--disable-gpu', '--disable-quic'];
export const PHONE = { width: 390, height: 844 };

/** undefined: there is none and none could be fetched; the test is skipped and says why. */
export async function openBrowser(t: TestContext): Promise<Browser | undefined> {
  try {
    const browser = await launch((line) => t.diagnostic(line));
    closeAtEnd(t, () => browser.close());
    return browser;
  } catch (error) {
    t.skip(`no Chromium here: ${messageOf(error)}`);
    return undefined;
  }
}
export async function launch(say: (line: string) => void): Promise<Browser> {
  const { executable, env } = await fetchChromium(pathsOf('', process.env['LOOP_CACHE'] ?? '', process.env['XDG_CACHE_HOME']).cache, say);
  return chromium.launch({ executablePath: executable, args: FLAGS, env: { ...process.env, ...env } });
}

export type Watched = { readonly page: Page; /** bytes on the wire of all that was loaded from `url`, the answers of the API left out */ readonly transferred: () => number; /** throws what went wrong in the page */ readonly faultless: () => void };
/** expected: refusals the test asks for, by their status in the console's message. */
export async function openPage(browser: Browser, url: string, options: BrowserContextOptions = {}, expected: readonly number[] = []): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  let bytes = 0;
  page.on('console', (message) => {
    const text = message.text();
    const isExpected = expected.some((status) => text.includes(`status of ${status}`)) || (expected.length > 0 && /ERR_(EMPTY_RESPONSE|CONNECTION|INCOMPLETE)/.test(text));
    if (['error', 'warning'].includes(message.type()) && !isExpected) faults.push(text);
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('data:')) faults.push(`asks ${request.url()}`);
  });
  page.on('requestfinished', (request) => {
    if (!request.url().includes('/v1/')) void request.sizes().then((sizes) => (bytes += sizes.responseBodySize + sizes.responseHeadersSize), () => undefined);
  });
  await page.goto(url);
  return { page, transferred: () => bytes, faultless: () => assert.deepEqual(faults, []) };
}
export async function signIn(page: Page, token: string): Promise<void> {
  await page.fill('#token', token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('nav a[aria-current]');
}
/** Goes to a page as a person does, by its link. */
export async function go(page: Page, tab: string, until: string): Promise<void> {
  await page.click(`nav a[href="#${tab}"]`);
  await page.waitForSelector(until);
}
/** Every rule of axe-core, WCAG 2.2 AA and best practices, on what is shown now. */
export async function accessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations: string[] = await page.evaluate(`axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map((node) => node.html.slice(0, 160) + ' (' + node.failureSummary.slice(0, 200) + ')').join(' | ')))`);
  assert.deepEqual(violations, [], where);
}
/** Nothing sticks out to the side. */
export async function fits(page: Page, where: string): Promise<void> {
  const [wide, room] = await page.evaluate<[number, number]>('[document.documentElement.scrollWidth, document.documentElement.clientWidth]');
  assert.ok(wide <= room, `${where}: ${wide} px wide in ${room}`);
}
