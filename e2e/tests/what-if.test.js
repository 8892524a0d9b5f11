// A manager tries a group on what came in before it is saved, undoes a run that was a mistake, and sees who got how much.
import assert from 'node:assert/strict';
import { by, fill, person, press, receiver, says, titled } from '../browser.js';
import { workspace } from '../site.js';

for (const scripts of [true, false]) {
  const how = scripts ? 'with' : 'without';
  let site, group;
  const bar = (page, name) => page.getByRole('row').filter({ has: page.getByRole('rowheader', { name }) });
  const numbers = async (page, name) => (await bar(page, name).getByRole('cell').allInnerTexts()).map((text) => text.trim()).filter(Boolean);

  person(`what if, ${how} scripts`, { scripts, link: async () => (site = await workspace(`What if ${scripts}`)).link('manager') }, async (page) => {
    group = await site.group('Klang', [await site.member('Siew Ling'), await site.member('Muthu')]);
    await site.leads(4, { group_id: group });
    await site.until(`/v1/groups/${group}/shares`, (shares) => shares.counted >= 4);

    await page.goto(`/console/groups/${group}/edit`);
    await fill(receiver(page, 0), 'Weight', '3');
    await press(page, 'Try on last month');
    await says(page, /^Of 4 leads of the last 30 days 3 would have gone elsewhere/);
    assert.deepEqual(await numbers(page, 'Siew Ling'), ['2', '3'], 'what they got, and would have got');
    assert.deepEqual(await numbers(page, 'Muthu'), ['2', '1']);
    assert.equal(await receiver(page, 0).getByRole('spinbutton').inputValue(), '3', 'what was tried still stands in the form');
    assert.deepEqual((await site.get(`/v1/groups/${group}`)).slots.map((slot) => slot.weight ?? 1), [1, 1], 'and nothing is saved');

    await fill(receiver(page, 0), 'Weight', '0');
    await press(page, 'Try on last month');
    await by(page, 'link', 'Weight').or(page.locator('.error')).first().waitFor();
    assert.equal(await page.getByText('would have gone elsewhere').count(), 0, 'what cannot be saved is not tried');
  });

  person(`undo and fairness, ${how} scripts`, { scripts, link: async () => (site = await workspace(`Undo ${scripts}`)).link('manager') }, async (page) => {
    group = await site.group('Klang', [await site.member('Siew Ling'), await site.member('Muthu'), await site.member('Aisyah')]);
    const ids = await site.leads(4, null);
    const { id } = await site.post('/v1/assignments', { lead_ids: ids, group_id: group });
    await site.until(`/v1/assignments/${id}`, (run) => run.given === 4);
    const [answered] = (await site.get('/v1/assigned-leads')).items;
    await site.call('PATCH', `/v1/assigned-leads/${answered.id}`, { notes: 'Wants to see it on Sunday' });

    await page.goto(`/console/assignments/${id}`);
    await press(page, 'Undo');
    await says(page, 'Of what was given, 4,');
    await press(page, 'Undo');
    await says(page, 'Undone: 3.');
    await page.goto(`/console/assignments/${id}`);
    await says(page, 'What came of undoing it');
    assert.equal(await by(page, 'button', 'Undo').count(), 0, 'it cannot be undone twice');

    await page.goto(`/console/groups/${group}`);
    await press(page, 'By days, with who was passed over and why');
    await titled(page, 'Fairness of Klang');
    const received = (await Promise.all(['Siew Ling', 'Muthu', 'Aisyah'].map((name) => numbers(page, name)))).map(([got]) => Number(got));
    assert.equal(received.reduce((sum, n) => sum + n), 1, `one copy stays, of ${received}`);
    await by(page, 'link', 'All as CSV').waitFor();
  });
}
