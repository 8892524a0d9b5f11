// Faults that an earlier console had, each of which would be seen again here.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { by, choose, person, press, rows, says, titled } from '../browser.js';
import { announced, workspace } from '../site.js';

const run = promisify(execFile);
let site, ids;

// begin makes a workspace with two people, a group, and leads that wait.
async function begin(name) {
  site = await workspace(`${name} ${Math.random().toString(36).slice(2, 6)}`);
  const siew = await site.member('Siew Ling'), muthu = await site.member('Muthu'), off = await site.member('Off duty');
  await site.call('PATCH', `/v1/members/${off}`, { active: false });
  ids = { siew, muthu, off, group: await site.group('Villas', [siew, muthu]), idle: await site.group('Idle', [off]) };
  ids.planned = await site.leads(8, { group_id: ids.group, pace: 'slow' });
  return site.link('admin');
}

for (const scripts of [true, false]) {
  person(`Enter in a tick box is no order, ${scripts ? 'with' : 'without'} scripts`, { scripts, link: () => begin('Enter') }, async (page) => {
    for (const [list, n] of [['Pending', 8], ['Leads', 8], ['Members', 3], ['Groups', 2]]) {
      await press(page, list);
      const box = rows(page).filter({ has: page.getByRole('cell') }).getByRole('checkbox').first();
      await box.focus();
      await page.keyboard.press('Space');
      await page.keyboard.press('Enter');
      await titled(page, list);
      assert.equal(await rows(page).filter({ has: page.getByRole('cell') }).count(), n, `nothing has gone from ${list}`);
      assert.ok(await box.isChecked(), 'and what was ticked still is');
    }
    assert.equal((await site.get('/v1/pending-leads')).items.length, 8);
    assert.equal((await site.get('/v1/history')).items.length, 0);
  });

  person(`going back keeps what was ticked, ${scripts ? 'with' : 'without'} scripts`, { scripts, link: () => begin('Back') }, async (page) => {
    await press(page, 'Pending');
    for (const n of [1, 3]) await rows(page).nth(n).getByRole('checkbox').check();
    await press(page, 'Delete');
    await press(page, 'Cancel');
    await titled(page, 'Pending');
    assert.deepEqual(await page.getByRole('cell').getByRole('checkbox').evaluateAll((all) => all.flatMap((b, i) => b.checked ? [i] : [])), [1, 3]);
  });
}

person('receivers on a phone stand in lines, not in columns of letters', { width: 360, height: 740, link: () => begin('Phone') }, async (page) => {
  await page.goto('/console/groups');
  for (const name of ['Siew Ling', 'Muthu']) {
    const box = await page.getByRole('cell').getByText(name, { exact: false }).first().boundingBox();
    assert.ok(box.width > 35 && box.height < 60, `${name} is ${box.width} wide and ${box.height} high`);
  }
  await page.goto(`/console/groups/${ids.group}/edit`);
  const select = await by(page, 'combobox', 'Member').first().boundingBox();
  assert.ok(select.width > 200, `the choice of a member is ${select.width} wide`);
});

person('fairness says which turns it counts', { link: () => begin('Fair') }, async (page) => {
  await site.leads(3, { group_id: ids.group });
  await site.until(`/v1/groups/${ids.group}/shares`, (shares) => shares.counted >= 3);
  await page.goto(`/console/groups/${ids.group}`);
  await says(page, /^The last \d+ turns since the receivers were last changed; four rounds of the wheel are counted at the most\.$/);
});

person('the first page says that nobody can be told', { link: () => begin('Told') }, async (page) => {
  await says(page, 'Nobody can be told of their leads: neither e-mail nor Telegram is set up.');
});

person('nothing is offered to whoever is deactivated, nor told as done', { link: () => begin('Off') }, async (page) => {
  await page.goto('/console/leads');
  await by(page, 'checkbox', 'Lead 01').check();
  await press(page, 'Assign');
  await page.getByText('Or people, each of whom gets every lead').click();
  await by(page, 'checkbox', 'Siew Ling').waitFor();
  assert.equal(await by(page, 'checkbox', 'Off duty').count(), 0);
  assert.ok(await page.getByRole('option', { name: 'Idle (nobody can receive)' }).evaluate((o) => o.disabled));
  const { id } = await site.post('/v1/assignments', { lead_ids: [ids.planned[0]], member_ids: [ids.off] });
  await site.until(`/v1/assignments/${id}`, (one) => one.failed === 1);
  await page.goto(`/console/assignments/${id}`);
  await by(page, 'link', '1 Failed').waitFor();
  await by(page, 'link', '0 Given').waitFor();
});

person('rows beyond a hundred have names', { link: () => begin('Many') }, async (page) => {
  const many = await site.leads(120);
  await site.post('/v1/assignments', { lead_ids: many, member_ids: [ids.siew] });
  await site.until('/v1/history?limit=500', (list) => list.items.length === 120);
  await page.goto('/console/history?more=1');
  assert.equal(await page.getByRole('link', { name: /^Lead \d+$/ }).count(), 120);
  assert.equal(await page.getByText(/…[0-9a-f]{8}/).count(), 0);
});

person('the sign-in page prints commands that work', {}, async (page) => {
  await begin('Help');
  const email = 'mira@example.com';
  await run(process.env.E2E_PROGRAM, ['person', 'invite', email, '--role', 'admin', '--workspace', site.name, '--name', 'Mira']);
  await page.goto('/console/sign-in');
  await page.getByText('Use an API key').click();
  const commands = (await page.locator('code').allInnerTexts()).filter((text) => text.includes('NAME'));
  assert.ok(commands.length >= 2, commands.join());
  for (const command of commands) {
    const [name, ...words] = command.split(' ').map((word) => ({ NAME: site.name, EMAIL: email })[word] ?? word);
    assert.equal(name, 'leadwheel');
    await run(process.env.E2E_PROGRAM, words);
  }
});

person('addresses without a page lead to one', { link: () => begin('Root') }, async (page) => {
  assert.equal((await page.goto('/')).status(), 200);
  await titled(page, 'Today');
  const operators = await fetch(new URL('/', announced.queues_url));
  assert.ok(operators.ok, `the operators' listener answers ${operators.status} at /`);
  assert.match(operators.headers.get('Content-Type'), /^text\/html/);
});

test('previews of messages are by the workspace’s clock', async () => {
  await begin('Clock');
  const { text } = await site.post('/v1/message-template/preview', { template: '{{.time}}' });
  assert.match(text, / \+08$/);
});

person('what is live is read again by a script, and no page reads itself again', { link: () => begin('Live') }, async (page) => {
  const made = await site.post('/v1/leads', { name: 'Siti', distribute: { member_ids: [ids.siew], at: new Date(Date.now() + 4000).toISOString() } });
  await page.goto(`/console/leads/${made.id}`);
  await says(page, 'Planned for');
  assert.equal(await page.locator('meta[http-equiv]').count(), 0);
  await says(page, 'Given to');
});

person('deactivation preselects what saves planned leads', { link: () => begin('Deactivate') }, async (page) => {
  await page.goto(`/console/members/${ids.siew}`);
  await press(page, 'Deactivate');
  await says(page, 'Leads planned for them: 4');
  assert.ok(await by(page, 'radio', 'go to others, at the same pace and in the same order').isChecked());
  await choose(page, 'Group', 'Villas');
  await press(page, 'Deactivate');
  await says(page, 'Members deactivated: 1.');
  assert.equal((await site.get(`/v1/pending-leads?member_id=${ids.muthu}`)).items.length, 8);
});
