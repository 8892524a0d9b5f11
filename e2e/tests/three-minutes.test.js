// A person who has read nothing opens the printed link, and does a manager's whole work.
import assert from 'node:assert/strict';
import { by, choose, eventually, fill, person, press, receiver, rows, says, titled } from '../browser.js';
import { announced, demo } from '../site.js';

person('from the printed link to the last pending lead', { link: () => announced.sign_in_url }, async (page) => {
  await titled(page, 'Today');
  await says(page, 'Three steps, and leads go round');
  for (const name of ['Siew Ling', 'Muthu', 'Farid']) {
    await press(page, 'Members');
    await press(page, 'New member');
    await fill(page, 'Name', name);
    await fill(page, 'Email', `${name.replace(' ', '.').toLowerCase()}@example.com`);
    await press(page, 'Save');
    await titled(page, name);
  }

  await press(page, 'Groups');
  await press(page, 'New group');
  await fill(page, 'Name', 'Villas');
  for (const [i, [name, weight]] of [['Siew Ling', '1'], ['Muthu', '1'], ['Farid', '3']].entries()) {
    if (i > 0) await press(page, 'Add receiver');
    await choose(receiver(page, i), 'Member', name);
    await fill(receiver(page, i), 'Weight', weight);
  }
  const preview = by(page, 'region', 'Preview');
  await preview.getByRole('img', { name: /^The wheel: \w+( Ling)? is next/ }).waitFor();
  const next = preview.getByRole('list').last();
  await eventually(async () => (await next.innerText()).match(/Farid/g).length === 12, 'of the next 20 in the ratio 1:1:3, twelve are Farid’s, before anything is saved');
  assert.equal(await next.getByRole('listitem').count(), 20);
  await press(page, 'Save');
  await titled(page, 'Villas');

  await press(page, 'Leads');
  await press(page, 'New lead');
  await fill(page, 'Name', 'Siti Rahman');
  await fill(page, 'Phone', '012-345 6789');
  await choose(page, 'Group', 'Villas');
  await press(page, 'Save');
  await titled(page, 'Siti Rahman');
  await says(page, /Given to (Siew Ling|Farid): turn \d+ of Villas was theirs. Next was/);

  await demo.leads(40);
  await assignLater(page);
  await changeWhatWaits(page);
  await findInHistory(page);
});

// assignLater ticks 40 leads and assigns them at the slow pace.
async function assignLater(page) {
  await press(page, 'Leads');
  const ticks = rows(page).filter({ hasText: 'Lead' });
  await by(page, 'checkbox', 'Lead 40').check();
  await by(page, 'checkbox', 'Lead 01').click({ modifiers: ['Shift'] });
  await says(page, '40 selected');
  assert.equal(await ticks.getByRole('checkbox', { checked: true }).count(), 40);
  await press(page, 'Assign');
  await titled(page, 'Assign 40 leads');
  await choose(page, 'Group', 'Villas');
  await by(page, 'radio', 'Later').check();
  await by(page, 'radio', 'Slow (4–6 a day)').check();
  await press(page, 'Preview');
  const plan = by(page, 'region', 'Preview');
  await says(plan, /^40 leads to 3 people, the last one on /);
  for (const [name, count] of [['Farid', 24], ['Muthu', 8], ['Siew Ling', 8]]) {
    await plan.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) }).getByRole('cell', { name: String(count), exact: true }).first().waitFor();
  }
  await says(plan, 'Day by day');
  await press(page, 'Assign leads');
  await titled(page, 'Assigned 40 leads');
  await by(page, 'link', '40 Pending').waitFor();
}

// changeWhatWaits deletes three, moves one, and sends two now.
async function changeWhatWaits(page) {
  await press(page, 'Pending');
  await tick(page, 3);
  await press(page, 'Delete');
  await says(page, /^Pending: 3: Lead \d\d for .*, Lead \d\d for /);
  await press(page, 'Delete');
  await says(page, 'Pending leads deleted: 3.');

  await tick(page, 1, /Farid/);
  await press(page, 'Move');
  await says(page, /^Pending: 1: Lead \d\d for Farid/);
  await choose(page, 'Member', 'Siew Ling');
  await press(page, 'Move');
  await says(page, 'Pending leads moved: 1.');
  await by(page, 'link', 'By day and person').click();
  await says(page, 'Days are by each person’s own clock.');
  await by(page, 'link', 'As a list').click();

  await tick(page, 2);
  await press(page, 'Distribute now');
  await says(page, /^Pending: 2: Lead /);
  await press(page, 'Distribute now');
  await says(page, 'Pending leads that go out now: 2.');
}

// tick ticks the first n rows that have a text.
async function tick(page, n, text = '') {
  const able = rows(page).filter({ has: page.getByRole('cell') }).filter({ hasText: text });
  for (let i = 0; i < n; i++) await able.nth(i).getByRole('checkbox').check();
  await says(page, `${n} selected`);
}

async function findInHistory(page) {
  await demo.until('/v1/history?trigger=distribute_now', (list) => list.items.length === 2);
  await press(page, 'History');
  const outcomes = (text) => page.getByRole('row').filter({ hasText: text }).count();
  await choose(page, 'Outcome', 'Cancelled');
  await press(page, 'Show');
  await says(page, /^by Operator/);
  assert.equal(await outcomes('cancelled'), 3, 'three were deleted');
  await choose(page, 'Outcome', 'any');
  await page.getByText('Filters', { exact: true }).click();
  await choose(page, 'How', 'Brought forward');
  await press(page, 'Show');
  await says(page.getByRole('table'), 'brought forward');
  assert.equal(await outcomes('brought forward'), 2, 'two were sent out');
}
