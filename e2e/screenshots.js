// Takes the pictures in docs/images. `LOOK=folder node run.js screenshots.js` takes one of every page into a folder instead, to be looked at.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { by, choose, person, press, says, titled } from './browser.js';
import { furnished } from './furnished.js';
import { workspace } from './site.js';

const images = fileURLToPath(new URL('../docs/images/', import.meta.url));
const take = async (page, name) => {
  await page.mouse.move(0, 0); // no row is tinted
  await page.screenshot({ path: join(images, `${name}.png`) });
};

let site;
const people = ['Siew Ling', 'Muthu', 'Farid', 'Nurul Huda', 'Wei Jie'];
const names = ['Siti Rahman', 'Tan Ah Kow', 'Priya Nair', 'Ahmad Faizal', 'Chong Mei Ling', 'Kavitha Raj', 'Lim Boon Keng', 'Nur Aisyah', 'Daniel Wong', 'Hafiz Osman'];

async function begin() {
  site = await workspace('Harbour Homes');
  const members = [];
  for (const name of people) members.push(await site.member(name, { email: `${name.split(' ')[0].toLowerCase()}@example.com` }));
  await site.call('PATCH', `/v1/members/${members[3]}`, { active: false });
  const source = (await site.post('/v1/sources', { name: 'Property fair' })).id;
  site.group = await site.group('Villas', members, [1, 1, 3, 1, 2]);
  const leads = (from, n) => Array.from({ length: n }, (_, i) => ({
    name: names[(from + i) % names.length], phone: `+60 12-345 ${6000 + 7 * (from + i)}`, email: `${names[(from + i) % names.length].split(' ')[0].toLowerCase()}${from + i}@example.com`, source_id: source,
  }));
  await site.post('/v1/leads/batch', { leads: leads(0, 27), distribute: { group_id: site.group } });
  await site.post('/v1/leads/batch', { leads: leads(30, 18), distribute: { group_id: site.group, pace: 'slow' } });
  await site.post('/v1/leads/batch', { leads: leads(50, 40) });
  await site.until('/v1/history?limit=100', (list) => list.items.length >= 27);
  return site.link('manager');
}

if (!process.env.LOOK) person('pictures', { width: 1120, height: 720, link: begin }, async (page) => {
  mkdirSync(images, { recursive: true });
  await take(page, 'today');
  await page.goto(`/console/groups/${site.group}`);
  await take(page, 'group');
  const { items } = await site.get('/v1/history?limit=100');
  await page.goto(`/console/leads/${(items.find((one) => one.skipped.length) ?? items[0]).lead_id}`);
  await take(page, 'lead');
  await page.goto('/console/leads?assigned=false');
  await by(page, 'checkbox', 'Select all').check();
  await press(page, 'Assign');
  await choose(page, 'Group', 'Villas');
  await by(page, 'radio', 'Later').check();
  await by(page, 'radio', 'Slow (4–6 a day)').check();
  await press(page, 'Preview');
  await says(page, 'Day by day');
  await by(page, 'region', 'Preview').scrollIntoViewIfNeeded();
  await take(page, 'assign');
  await page.setViewportSize({ width: 390, height: 780 });
  await page.goto('/console/leads');
  await take(page, 'phone');
});

// Every page, on a phone and on a desk, to be looked at.
if (process.env.LOOK) person('every page', { link: async () => (site = await furnished('Look')).link('admin') }, async (page) => {
  const folder = process.env.LOOK;
  mkdirSync(folder, { recursive: true });
  const seen = async (name) => {
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 800 });
      await page.screenshot({ path: join(folder, `${name.replace(/[0-9a-f]{8}-[-0-9a-f]{27}/g, 'one').replace(/\W+/g, '-')}-${width}.png`), fullPage: width === 1280 || name.includes('edit') });
    }
    await page.setViewportSize({ width: 1280, height: 800 });
  };
  for (const address of site.addresses) {
    await page.goto(`/console/${address}`);
    await seen(address || 'today');
  }
  const agent = await (await page.context().browser().newContext({ baseURL: new URL(page.url()).origin, viewport: { width: 360, height: 800 } })).newPage();
  await agent.goto(await site.agentLink(site.ids.siew));
  const lead = await agent.getByRole('main').getByRole('link').first().getAttribute('href');
  for (const [name, address] of [['my', '/my/'], ['my-lead', lead], ['my-opportunity', `${lead}/opportunity`], ['my-settings', '/my/settings']]) {
    await agent.goto(address);
    await agent.screenshot({ path: join(folder, `${name}-360.png`), fullPage: true });
  }
  await page.goto('/console/pending-leads');
  await page.getByRole('cell').getByRole('checkbox').first().check();
  await press(page, 'Move');
  await titled(page, 'Move');
  await seen('move');
});
