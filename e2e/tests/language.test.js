// Somebody chooses Malay, and reads all that they meet in it: an agent on a phone, a manager on theirs. What people named stays as it is.
import assert from 'node:assert/strict';
import { by, choose, eventually, fill, overflow, person, press, says, titled } from '../browser.js';
import { workspace } from '../site.js';

const phone = { width: 360, height: 740 };

// reads says that the page is in a language, and no wider than the phone.
async function reads(page, tag, where) {
  assert.equal(await page.evaluate(() => document.documentElement.lang), tag, `${where} is in another language`);
  assert.ok(await overflow(page) <= 0, `${where} is ${await overflow(page)} px too wide`);
}

let site, member;
person('an agent reads Malay on a phone', {
  ...phone, link: async () => {
    site = await workspace('Bahasa');
    member = await site.member('Siew Ling');
    await site.leads(2, { member_ids: [member] });
    await site.until(`/v1/assigned-leads?member_id=${member}`, (all) => all.items.length === 2);
    return site.agentLink(member);
  },
}, async (page) => {
  await titled(page, 'My leads');
  await press(page, 'Settings');
  await choose(page, 'Language', 'Bahasa Malaysia');
  await press(by(page, 'heading', 'How I am told').locator('..'), 'Save');
  await titled(page, 'Tetapan');
  await reads(page, 'ms', 'the settings');
  await press(page, 'Prospek saya');
  await titled(page, 'Prospek saya');
  await reads(page, 'ms', 'the list');
  await page.getByRole('link', { name: /^Lead 02/ }).click();
  await titled(page, 'Lead 02'); // a name is no word of ours
  await reads(page, 'ms', 'a lead');
  await by(page, 'link', 'Telefon sekarang').waitFor();
  await press(page, 'Esok 9:00');
  await says(page, 'Disimpan.');
  await reads(page, 'ms', 'a lead with a follow-up');
  await press(page, 'Peluang baharu');
  await fill(page, 'Tajuk', 'Kondo, dua bilik');
  await fill(page, 'Jumlah', 'lima');
  await press(page, 'Simpan');
  await says(page, 'Tulis nombor, seperti 500000.');
  await reads(page, 'ms', 'an opportunity');
  await press(page, 'Log keluar');
  await titled(page, 'Log masuk');
  await reads(page, 'ms', 'the page that asks who it is');
  await press(page, 'English');
  await titled(page, 'Sign in');
});

person('a manager reads Malay on a phone', {
  ...phone, link: async () => {
    site = await workspace('Pengurus');
    const names = ['Aisyah', 'Ben'];
    await site.group('Klang', await Promise.all(names.map((name) => site.member(name))));
    await site.leads(3);
    return site.link('manager');
  },
}, async (page) => {
  await page.goto('/console/me');
  await choose(page, 'Language', 'Bahasa Malaysia');
  await press(page, 'Save');
  await says(page, 'Disimpan.');
  for (const name of ['Hari ini', 'Prospek', 'Kumpulan', 'Tertangguh', 'Sejarah', 'Ahli', 'Sumber', 'Integrasi', 'Import', 'Pelanggan', 'Tetapan']) {
    await by(page.getByRole('navigation', { name: 'Utama' }), 'link', name).click();
    await titled(page, name);
    await reads(page, 'ms', name);
  }
  await page.goto('/console/groups');
  await by(page, 'link', 'Klang').click();
  await by(page, 'heading', 'Giliran siapa').waitFor();
  await reads(page, 'ms', 'a group');
  await page.goto('/console/leads');
  await by(page, 'checkbox', 'Lead 01').check();
  await eventually(async () => (await page.content()).includes('1 dipilih'), 'the script says how many are ticked');
  await press(page, 'Serahkan');
  await titled(page, 'Serahkan 1 prospek');
  await reads(page, 'ms', 'the page that assigns');
  for (const told of ['Ditambah.', 'Sumber lain mempunyai nama ini; pilih nama yang berbeza.']) { // which the API says in English
    await page.goto('/console/sources/new');
    await fill(page, 'Nama', 'Pameran');
    await press(page, 'Simpan');
    await says(page, told);
  }
  await reads(page, 'ms', 'a form that is refused');
});
