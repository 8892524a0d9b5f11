// A manager's whole work, step by step, on pages with scripts and on pages without.
import assert from 'node:assert/strict';
import { by, choose, eventually, fill, press, receiver, rows, says, titled } from './browser.js';

export async function addPeople(page, names) {
  for (const name of names) {
    await press(page, 'Members');
    await press(page, 'New member');
    await fill(page, 'Name', name);
    await fill(page, 'Email', `${name.replace(' ', '.').toLowerCase()}@example.com`);
    await press(page, 'Save');
    await titled(page, name);
  }
}

// makeGroup makes a group in the ratio 1:1:3, having seen its wheel and the next 20.
export async function makeGroup(page, name, people, scripts) {
  await press(page, 'Groups');
  await press(page, 'New group');
  await fill(page, 'Name', name);
  for (const [i, person] of people.entries()) {
    if (i > 0) await press(page, 'Add receiver');
    await choose(receiver(page, i), 'Member', person);
    await fill(receiver(page, i), 'Weight', i === 2 ? '3' : '1');
  }
  if (!scripts) await press(page, 'Preview');
  const preview = by(page, 'region', 'Preview');
  await preview.getByRole('img', { name: /^The wheel: .* is next\. The list beside it says the same\.$/ }).waitFor();
  const next = preview.getByRole('list').last();
  await eventually(async () => (await next.innerText()).split(people[2]).length === 13, 'of the next 20 in the ratio 1:1:3, twelve are the third’s, before anything is saved');
  assert.equal(await next.getByRole('listitem').count(), 20);
  await press(page, 'Save');
  await titled(page, name);
  await by(page, 'heading', 'Whose turn it is').waitFor();
}

// keyIn keys in a lead for a group, and reads who got it and why.
export async function keyIn(page, name, group, scripts) {
  await press(page, 'Leads');
  await press(page, 'New lead');
  await fill(page, 'Name', name);
  await fill(page, 'Phone', '012-345 6789');
  await choose(page, 'Group', group);
  await press(page, 'Save');
  await titled(page, name);
  const story = page.getByText(/Given to .+: turn \d+ of .+ was theirs\. Next was .+\./);
  if (scripts) return story.first().waitFor();
  await eventually(async () => (await page.reload(), await story.count() > 0), 'the lead’s page says who got it and why');
}

// assignLater ticks 40 leads, all that there are but the newest, and assigns them at the slow pace.
export async function assignLater(page, group, scripts) {
  await press(page, 'Leads');
  if (scripts) {
    await by(page, 'checkbox', 'Lead 40').check();
    await by(page, 'checkbox', 'Lead 01').click({ modifiers: ['Shift'] });
    await says(page, '40 selected');
  } else {
    for (let i = 1; i <= 40; i++) await by(page, 'checkbox', `Lead ${String(i).padStart(2, '0')}`).check();
  }
  await press(page, 'Assign');
  await titled(page, 'Assign 40 leads');
  await choose(page, 'Group', group);
  await by(page, 'radio', 'Later').check();
  await by(page, 'radio', 'Slow (4–6 a day)').check();
  await press(page, 'Preview');
  const plan = by(page, 'region', 'Preview');
  await says(plan, /^40 leads to 3 people, the last one on /);
  const shares = await plan.getByRole('table').first().getByRole('cell', { name: /^\d+$/ }).allInnerTexts();
  assert.deepEqual(shares.map(Number).sort((a, b) => a - b), [8, 8, 24]);
  await says(plan, 'Day by day');
  await press(page, 'Assign leads');
  await titled(page, 'Assigned 40 leads');
  await by(page, 'link', '40 Pending').waitFor();
}

// changeWhatWaits deletes three, moves one from somebody to somebody else, and sends two now.
export async function changeWhatWaits(page, from, to, scripts) {
  await press(page, 'Pending');
  await tick(page, 3, scripts);
  await press(page, 'Delete');
  await says(page, /^Pending: 3: Lead \d\d for .*, Lead \d\d for /);
  await press(page, 'Delete');
  await says(page, 'Pending leads deleted: 3.');

  await rows(page).filter({ hasText: from }).last().getByRole('checkbox').check(); // on a day that others have free
  await press(page, 'Move');
  await says(page, new RegExp(`^Pending: 1: Lead \\d\\d for ${from}`));
  await choose(page, 'Member', to);
  await press(page, 'Move');
  await says(page, 'Pending leads moved: 1.');
  await press(page, 'By day and person');
  await says(page, 'Days are by each person’s own clock.');
  await press(page, 'As a list');

  await tick(page, 2, scripts);
  await press(page, 'Distribute now');
  await says(page, /^Pending: 2: Lead /);
  await press(page, 'Distribute now');
  await says(page, 'Pending leads that go out now: 2.');
}

// tick ticks the first n rows.
async function tick(page, n, scripts) {
  const able = rows(page).filter({ has: page.getByRole('cell') });
  for (let i = 0; i < n; i++) await able.nth(i).getByRole('checkbox').check();
  if (scripts) await says(page, `${n} selected`);
}

// findInHistory finds what was deleted and what was sent.
export async function findInHistory(page, site, by) {
  await site.until('/v1/history?trigger=distribute_now', (list) => list.items.length === 2);
  await press(page, 'History');
  const found = (text) => page.getByRole('row').filter({ hasText: text }).count();
  await choose(page, 'Outcome', 'Cancelled');
  await press(page, 'Show');
  await says(page, `by ${by}`);
  assert.equal(await found('cancelled'), 3, 'three were deleted');
  await choose(page, 'Outcome', 'any');
  await page.getByText('Filters', { exact: true }).click();
  await choose(page, 'How', 'Brought forward');
  await press(page, 'Show');
  await says(page.getByRole('table'), 'brought forward');
  assert.equal(await found('brought forward'), 2, 'two were sent out');
}
