// A real browser, and what people see of a page: things with a role and a name.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';

const program = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'].find((path) => path && existsSync(path));
assert.ok(program, 'there is no Chromium: run `make browser`, or set CHROMIUM to where it is');

let started;
after(async () => (await started)?.close());

// launch starts the browser once a file. Root, as in containers, may not use its sandbox.
function launch() {
  const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return started ??= chromium.launch({ executablePath: program, args });
}

// open is a window of its own.
async function open({ width = 1280, height = 900, scripts = true, scheme = 'light' } = {}) {
  const context = await (await launch()).newContext({
    baseURL: JSON.parse(process.env.E2E_ANNOUNCED).url, viewport: { width, height }, javaScriptEnabled: scripts, colorScheme: scheme, locale: 'en-GB', timezoneId: 'Asia/Kuala_Lumpur',
    reducedMotion: 'reduce', // colours are looked at when they have settled
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.wrongs = [];
  page.on('pageerror', (error) => page.wrongs.push(String(error)));
  page.on('console', (said) => { if (/content security policy/i.test(said.text())) page.wrongs.push(said.text()); });
  return page;
}

// enter signs in by a one-time link.
export async function enter(page, link) {
  await page.goto(link);
  await page.waitForURL((url) => ['/console/', '/my/'].includes(url.pathname));
}

// person is a test by somebody at a browser, signed in by a link where there is one. Where it fails, a picture and the page are kept.
export function person(name, options, work) {
  test(name, { timeout: 240_000 }, async () => {
    const page = await open(options);
    try {
      if (options.link) await enter(page, await options.link());
      await work(page);
      assert.deepEqual(page.wrongs, [], 'the browser complained');
    } catch (error) {
      await keep(page, name);
      throw error;
    } finally {
      await page.context().close();
    }
  });
}

async function keep(page, name) {
  const folder = join(process.env.E2E_FOLDER, 'failed');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name.replace(/[^a-z0-9]+/gi, '-').slice(0, 60));
  await page.screenshot({ path: `${path}.png`, fullPage: true, timeout: 5000 }).catch(() => {});
  writeFileSync(`${path}.html`, `<!-- ${page.url()} -->\n${await page.content().catch(String)}`);
  console.error(`${name}: failed at ${page.url()}; see ${path}.png and .html`);
}

// by finds what has a role and exactly a name, as an accessibility tree gives them.
export const by = (within, role, name, options) => within.getByRole(role, { name, exact: true, ...options });

// press presses a button or follows a link, whichever has the name.
export async function press(within, name) {
  await by(within, 'button', name).or(by(within, 'link', name)).click();
}

// field is where something is written, whatever it takes.
export const field = (within, name) => by(within, 'textbox', name).or(by(within, 'searchbox', name)).or(by(within, 'spinbutton', name));

export const fill = (within, name, value) => field(within, name).fill(value);
export const choose = (within, name, label) => by(within, 'combobox', name).selectOption({ label });

// titled waits for the page with a heading.
export async function titled(page, name) {
  await page.getByRole('heading', { level: 1, name, exact: true }).waitFor();
}

// says waits until a text is to be read in a part of the page.
export const says = (within, text) => within.getByText(text).first().waitFor();

// receiver is the n-th row of a group's form.
export const receiver = (page, n) => page.getByRole('row').filter({ has: page.getByRole('combobox', { name: 'Member' }) }).nth(n);

// rows are those of a list that can be ticked.
export const rows = (page) => page.getByRole('row').filter({ has: page.getByRole('checkbox') });

// overflow is by how much a page is wider than its window.
export const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

// eventually waits until a check holds, as where a script of the page has still to ask the server.
export async function eventually(check, what) {
  let last;
  for (const until = Date.now() + 10_000; Date.now() < until; await new Promise((resolve) => setTimeout(resolve, 50))) {
    try {
      last = await check();
      if (last === true) return;
    } catch (error) { last = error; }
  }
  assert.fail(`${what}: ${last}`);
}
