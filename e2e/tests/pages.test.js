// Every page, in light and dark, on a phone and on a desk: axe-core finds nothing, and nothing is wider than the window.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { by, choose, fill, overflow, person, press, says } from '../browser.js';
import { announced } from '../site.js';
import { furnished } from '../furnished.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const rules = { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
const contrast = { type: 'rule', values: ['color-contrast'] };

// look looks at a page on a phone and on a desk, in light and dark, and answers with what is wrong. Dark differs in colours alone.
async function look(page, name) {
  const wrong = [];
  await page.evaluate(axe);
  for (const width of [320, 390, 900, 1120, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await overflow(page);
    if (wide > 0) wrong.push(`${name} at ${width}px is ${wide}px too wide`);
  }
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    const wide = await overflow(page);
    if (wide > 0) wrong.push(`${name} at ${width}px is ${wide}px too wide`);
    for (const [scheme, runOnly] of [['light', rules], ['dark', contrast]]) {
      await page.emulateMedia({ colorScheme: scheme });
      const { violations } = await page.evaluate((runOnly) => window.axe.run(document, { resultTypes: ['violations'], runOnly }), runOnly);
      for (const v of violations) wrong.push(`${name} at ${width}px in ${scheme}: ${v.id} (${v.nodes.length}): ${v.nodes[0].html.slice(0, 200)}: ${v.nodes[0].failureSummary.replace(/\s+/g, ' ').slice(0, 200)}`);
    }
  }
  return wrong;
}

let site;
const signedIn = { link: async () => (site = await furnished('Pages')).link('admin') };

// In parts, since each is looked at ten times.
const parts = 3;
for (let part = 0; part < parts; part++) person(`pages that have an address, part ${part + 1}`, signedIn, async (page) => {
  const wrong = [];
  for (const address of site.addresses.filter((_, i) => i % parts === part)) {
    const answer = await page.goto(`/console/${address}`);
    assert.equal(answer.status(), 200, address);
    wrong.push(...await look(page, address || 'Today'));
  }
  assert.deepEqual(wrong, []);
});

person('pages that forms lead to', signedIn, async (page) => {
  const wrong = [];
  const seen = async (name) => wrong.push(...await look(page, name));
  await page.goto('/console/members/new');
  await fill(page, 'Email', 'nope');
  await press(page, 'Save');
  await says(page, 'Nothing is saved yet. Please look at:');
  await seen('a refused form');

  await page.goto('/console/leads?assigned=false');
  await by(page, 'checkbox', 'Select all').check();
  await press(page, 'Assign');
  await choose(page, 'Group', 'Villas');
  await by(page, 'radio', 'Later').check();
  await by(page, 'radio', 'Slow (4–6 a day)').check();
  await press(page, 'Preview');
  await says(page, 'Day by day');
  await seen('Assign with a preview');
  await press(page, 'Assign leads');
  await seen('a run');

  for (const [list, act] of [['pending-leads', 'Move'], ['pending-leads', 'Delete'], ['members', 'Deactivate'], ['groups', 'Delete'], ['leads', 'Delete']]) {
    await page.goto(`/console/${list}`);
    await page.getByRole('cell').getByRole('checkbox').first().check();
    await press(page, act);
    await by(page, 'heading', act).waitFor();
    await seen(`${act} of ${list}`);
  }
  await page.goto(`/console/groups/${site.ids.group}/edit`);
  await choose(page, 'Method', 'A receivers group a turn: each of its members gets a copy');
  await by(page, 'rowheader', 'Receivers group').first().waitFor();
  await press(page, 'Add receivers group');
  await seen('a group of receivers groups');
  await page.goto('/console/nowhere');
  await seen('no such page');
  await press(page, 'Sign out');
  await seen('Sign in');
  assert.deepEqual(wrong, []);
});

person('pages of an agent', { width: 360, link: async () => (site = await furnished('Agents')).agentLink(site.ids.siew) }, async (page) => {
  const wrong = [];
  const lead = await by(page, 'main').getByRole('link').first().getAttribute('href');
  for (const address of ['/my/', '/my/?q=nobody', lead, `${lead}/opportunity`, '/my/settings', '/my/nowhere', '/my/open/nothing']) {
    await page.goto(announced.url + address);
    wrong.push(...await look(page, address));
  }
  assert.deepEqual(wrong, []);
});

person('somebody looked for and about to be erased', signedIn, async (page) => {
  const wrong = [];
  await page.goto('/console/privacy');
  await fill(page, 'Email', 'a@example.com');
  await press(page, 'Look for them');
  await says(page, 'opportunit');
  wrong.push(...await look(page, 'what is known'));
  await press(page, 'Erase');
  await says(page, 'There is no way back.');
  wrong.push(...await look(page, 'Erase'));
  assert.deepEqual(wrong, []);
});

person('an empty workspace', { link: async () => (await import('../site.js')).workspace('Empty').then((empty) => empty.link('manager')) }, async (page) => {
  const wrong = [];
  for (const address of ['', 'leads', 'groups', 'pending-leads', 'pending-leads/days', 'history', 'members', 'sources', 'settings']) {
    await page.goto(announced.url + `/console/${address}`);
    wrong.push(...await look(page, `${address || 'Today'}, empty`));
  }
  assert.deepEqual(wrong, []);
});
