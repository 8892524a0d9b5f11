// Leads come in from platforms that were set up by screen alone, and an agent's phone shows them.
import assert from 'node:assert/strict';
import { createHmac, randomUUID } from 'node:crypto';
import { by, choose, enter, eventually, fill, overflow, person, press, receiver, says, titled } from '../browser.js';
import { announced, workspace } from '../site.js';
import { addPeople } from '../work.js';

// setUp goes through a platform's steps, and takes what is to be copied from there.
async function setUp(page, platform, name, group, fields = {}) {
  await press(page, 'Integrations');
  await press(page, 'New integration');
  await press(page, platform);
  await fill(page, 'Name', name);
  for (const [label, value] of Object.entries(fields)) await fill(page, label, value);
  await choose(page, 'Group', group);
  await press(page, 'Save');
  await says(page, 'Added. Copy what the platform needs now');
  assert.ok(await page.getByRole('listitem').filter({ hasText: /\w/ }).count() >= 3, 'it says step by step what to do there');
  const copied = {};
  for (const box of await page.locator('.copy input').all()) copied[await box.getAttribute('id')] = await box.inputValue();
  return { ...copied, address: Object.values(copied).find((value) => value.startsWith('http')) };
}

// deliver sends a body as a platform does.
async function deliver(address, body, headers = {}) {
  const answer = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json', ...headers }, body });
  assert.equal(answer.status, 200, `${address}: ${answer.status} ${await answer.text()}`);
}

const google = (key, name) => JSON.stringify({
  lead_id: randomUUID(), google_key: key, is_test: false, api_version: '1.0', form_id: 40000000001,
  user_column_data: [{ column_id: 'FULL_NAME', string_value: name }, { column_id: 'PHONE_NUMBER', string_value: '+60123456789' }, { column_id: 'CITY', string_value: 'Ipoh' }],
});

// What each platform sends of a lead with a name, signed by the secret that was shown or given.
const platforms = [
  { name: 'Google Ads', send: (to, name) => deliver(to.address, google(to.secret, name)) },
  {
    name: 'TikTok', fields: { 'App secret': 'tiktok-app-secret-02' },
    send: (to, name) => {
      const body = JSON.stringify({ object: 1, entry: [{ id: '7412345678901234567', page_id: '7400000000000000123', campaign_id: '1800000000000000789', create_time: 1767229195,
        changes: [{ field: 'name', value: name }, { field: 'phone_number', value: '0123456789' }], lead_source: 'INSTANT_FORM' }], time: 1767229200, request_id: '7412999' });
      return deliver(to.address, body, { 'X-Open-Signature': createHmac('sha256', 'tiktok-app-secret-02').update(body).digest('hex') });
    },
  },
  {
    name: 'Typeform',
    send: (to, name) => {
      const body = JSON.stringify({ event_id: randomUUID(), event_type: 'form_response', form_response: { form_id: 'fKL1', token: randomUUID(), submitted_at: '2026-01-01T01:00:00Z',
        definition: { fields: [{ id: 'f1', ref: 'name', type: 'short_text', title: 'Your name' }] },
        answers: [{ type: 'text', text: name, field: { id: 'f1', type: 'short_text', ref: 'name' } }, { type: 'email', email: 'aisyah@example.com', field: { id: 'f2', type: 'email', ref: 'email' } }] } });
      return deliver(to.address, body, { 'Typeform-Signature': `sha256=${createHmac('sha256', to.secret).update(body).digest('base64')}` });
    },
  },
  {
    name: 'Any other program',
    send: (to, name) => {
      const body = JSON.stringify({ full_name: name, email: 'aisyah@example.com', external_id: randomUUID() });
      const id = `msg_${randomUUID()}`, at = Math.floor(Date.now() / 1000);
      const signature = createHmac('sha256', Buffer.from(to.secret.replace('whsec_', ''), 'base64')).update(`${id}.${at}.${body}`).digest('base64');
      return deliver(to.address, body, { 'webhook-id': id, 'webhook-timestamp': `${at}`, 'webhook-signature': `v1,${signature}` });
    },
  },
];

let site, member;
person('each platform from its steps to the assigned lead', { link: async () => {
  site = await workspace('Platforms');
  member = await site.member('Siew Ling');
  await site.group('Villas', [member]);
  return site.link('admin');
} }, async (page) => {
  for (const { name, fields, send } of platforms) {
    const to = await setUp(page, name, `Ours from ${name}`, 'Villas', fields);
    const lead = `Aisyah of ${name}`;
    await send(to, lead);
    await says(page, /just now|seconds ago/); // the page shows what came by itself
    await site.until(`/v1/assigned-leads?member_id=${member}`, (all) => all.items.some((one) => one.name === lead));
  }
  const form = await setUp(page, 'A form of your own', 'Our form', 'Villas', { Title: 'Book a viewing' });
  await page.goto(form.address);
  await titled(page, 'Book a viewing');
  await page.getByRole('textbox', { name: /^Name/ }).fill('Aisyah of our form');
  await page.getByRole('textbox', { name: /Phone/ }).fill('012-345 6789');
  await press(page, 'Send');
  await site.until(`/v1/assigned-leads?member_id=${member}`, (all) => all.items.some((one) => one.name === 'Aisyah of our form'));
});

person('from an empty machine to an agent’s phone, by screen alone', { link: async () => (site = await workspace('Stranger')).link('admin') }, async (page) => {
  await addPeople(page, ['Siew Ling', 'Muthu']);
  await press(page, 'Groups');
  await press(page, 'New group');
  await fill(page, 'Name', 'Villas');
  await choose(receiver(page, 0), 'Member', 'Siew Ling');
  await press(page, 'Add receiver');
  await choose(receiver(page, 1), 'Member', 'Muthu');
  await press(page, 'Save');
  await titled(page, 'Villas');
  const to = await setUp(page, 'Google Ads', 'Villa form', 'Villas');

  await page.goto('/console/people');
  await press(page, 'Invite');
  await fill(page, 'Name', 'Siew Ling');
  await fill(page, 'Email', 'siew.ling@example.com');
  await choose(page, 'Role', 'Agent');
  await choose(page, 'Member', 'Siew Ling');
  await press(page, 'Invite');
  const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();

  const phone = await page.context().browser().newContext({ baseURL: announced.url, viewport: { width: 360, height: 740 }, isMobile: true, locale: 'en-GB', timezoneId: 'Asia/Kuala_Lumpur' });
  phone.setDefaultTimeout(20_000);
  try {
    const mine = await phone.newPage();
    const line = await phone.newCDPSession(mine); // as on 3G
    await line.send('Network.enable');
    await line.send('Network.emulateNetworkConditions', { offline: false, latency: 300, downloadThroughput: 50_000, uploadThroughput: 25_000 });
    await enter(mine, link);
    await titled(mine, 'My leads');
    await deliver(to.address, google(to.secret, 'Aisyah binti Ali'));
    await mine.getByRole('link', { name: /^Aisyah binti Ali/ }).click(); // it has come by itself
    await titled(mine, 'Aisyah binti Ali');
    assert.equal(await by(mine, 'link', 'Call').getAttribute('href'), 'tel:+60123456789');
    assert.match(await by(mine, 'link', 'WhatsApp').getAttribute('href'), /^https:\/\/wa\.me\/60123456789/);
    await says(mine, 'Ipoh');
    assert.ok(await overflow(mine) <= 0, 'the lead is wider than the phone');
    const read = await mine.content();
    for (const hint of ['Villas', 'Muthu', 'Villa form', 'Google']) assert.ok(!read.includes(hint), `an agent's page tells of ${hint}`);
    await press(mine, 'contacted');
    await eventually(async () => (await site.get('/v1/assigned-leads')).items[0].status === 'contacted', 'the status is set');
  } finally {
    await phone.close();
  }
  await press(page, 'Leads');
  await by(page, 'link', 'Aisyah binti Ali').waitFor();
});
