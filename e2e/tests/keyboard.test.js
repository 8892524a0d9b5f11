// A manager's main work with the keyboard alone.
import assert from 'node:assert/strict';
import { by, field, person, receiver, says, titled } from '../browser.js';
import { workspace } from '../site.js';

let site;

// at goes from field to field until the focus is on something, which is then to be seen, and answers with how many steps that took.
async function at(page, thing, key = 'Tab') {
  const most = 60;
  await thing.waitFor();
  for (let steps = 1; steps <= most; steps++) {
    await page.keyboard.press(key);
    if (!await thing.evaluate((e) => e === document.activeElement)) continue;
    const seen = await thing.evaluate((e) => {
      const style = getComputedStyle(e), box = e.getBoundingClientRect();
      const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
      return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && (top === e || e.contains(top) || top?.contains(e));
    });
    assert.ok(seen, `the focus on ${thing} cannot be seen`);
    return steps;
  }
  assert.fail(`${most} times ${key} do not lead to ${thing}`);
}

const enter = async (page, thing) => { await at(page, thing); await page.keyboard.press('Enter'); };
const menu = async (page, name) => { await enter(page, link(page, 'To the menu')); await enter(page, link(page, name)); };
const type = async (page, thing, text) => { await at(page, thing); await page.keyboard.type(text); };
const link = (page, name) => by(page, 'link', name);
const button = (page, name) => by(page, 'button', name);

person('a manager’s main work by keyboard', { link: async () => (site = await workspace('Keys')).link('manager') }, async (page) => {
  for (const name of ['Siew Ling', 'Muthu', 'Farid']) {
    await menu(page, 'Members');
    await titled(page, 'Members');
    await enter(page, link(page, 'New member'));
    await type(page, field(page, 'Name'), name);
    await enter(page, button(page, 'Save'));
    await titled(page, name);
  }

  await menu(page, 'Groups');
  await titled(page, 'Groups');
  await enter(page, link(page, 'New group'));
  await type(page, field(page, 'Name'), 'Villas');
  for (const [i, name] of ['Farid', 'Siew Ling', 'Muthu'].entries()) {
    if (i > 0) {
      await enter(page, button(page, 'Add receiver'));
      await receiver(page, i).waitFor();
    }
    await type(page, by(receiver(page, i), 'combobox', 'Member'), name);
  }
  await enter(page, button(receiver(page, 0), 'Move down'));
  await says(page, 'Next 20');
  assert.equal(await by(receiver(page, 1), 'combobox', 'Member').evaluate((e) => e.selectedOptions[0].text), 'Farid', 'the first is the second now');
  await enter(page, button(page, 'Save'));
  await titled(page, 'Villas');

  await menu(page, 'Leads');
  await titled(page, 'Leads');
  await enter(page, link(page, 'New lead'));
  await type(page, field(page, 'Name'), 'Siti Rahman');
  await type(page, by(page, 'combobox', 'Group'), 'Villas');
  await enter(page, button(page, 'Save'));
  await titled(page, 'Siti Rahman');
  await says(page, /Given to Siew Ling: turn 0 of Villas was theirs/);

  await site.leads(12);
  await menu(page, 'Leads');
  await titled(page, 'Leads');
  const steps = await at(page, by(page, 'checkbox', 'Select all'));
  assert.ok(steps <= 12, `the first tick box is ${steps} steps away`);
  await page.keyboard.press('Space');
  await says(page, '13 selected');
  await page.keyboard.press('Enter');
  await titled(page, 'Leads');
  await enter(page, button(page, 'Assign'));
  await titled(page, 'Assign 13 leads');
  await type(page, by(page, 'combobox', 'Group'), 'Villas');
  await at(page, by(page, 'radio', 'Now'));
  await page.keyboard.press('ArrowDown');
  await at(page, by(page, 'radio', 'Normal (5–7 a day)'));
  await page.keyboard.press('ArrowUp');
  assert.ok(await by(page, 'radio', 'Slow (4–6 a day)').isChecked());
  await enter(page, button(page, 'Preview'));
  await says(page, /^13 leads to 3 people/);
  await enter(page, button(page, 'Assign leads'));
  await titled(page, 'Assigned 13 leads');

  await menu(page, 'Pending');
  await titled(page, 'Pending');
  await at(page, page.getByRole('checkbox', { name: /^Lead \d\d for|^Siti/ }).first());
  await page.keyboard.press('Space');
  await says(page, '1 selected');
  await page.keyboard.press('Enter'); // is no order
  await titled(page, 'Pending');
  await at(page, button(page, 'Delete'), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await says(page, /^Pending: 1: /);
  await enter(page, button(page, 'Delete'));
  await says(page, 'Pending leads deleted: 1.');
});
