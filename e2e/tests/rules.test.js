// A manager makes rules, in boxes and written out, sees what is wrong beside its box, and a lead goes by them.
import assert from 'node:assert/strict';
import { by, choose, eventually, fill, person, press, says, titled } from '../browser.js';
import { workspace } from '../site.js';

for (const scripts of [true, false]) {
  let site;
  person(`rules, with${scripts ? '' : 'out'} scripts`, { scripts, link: async () => (site = await workspace(`Rules ${scripts}`)).link('admin') }, async (page) => {
    const group = await site.group('Klang', [await site.member('Siew Ling')]);
    await press(page, 'Groups');
    await press(page, 'Rules');
    const rule = (n) => by(page, 'group', `Rule ${n}`);

    await press(page, 'Add rule');
    await fill(rule(1), 'Name', 'rest');
    await choose(rule(1), 'Field', 'everything else');
    await choose(rule(1), 'Goes to', 'Klang');
    await press(page, 'Add rule'); // which comes before everything else
    await fill(rule(1), 'Name', 'abroad');
    await choose(rule(1), 'Field', 'A field of the lead');
    if (!scripts) await press(page, 'Show conditions');
    await fill(rule(1), 'Name of the field', 'city');
    await fill(rule(1), 'Value', 'Singapore');
    await choose(rule(1), 'Goes to', 'nobody');
    if (!scripts) await press(page, 'Show conditions');
    await says(page, 'fields["city"] == "Singapore"');

    await press(page, 'Add rule');
    await fill(rule(2), 'Name', 'dear');
    await choose(rule(2), 'Field', 'written out');
    if (!scripts) await press(page, 'Show conditions');
    await fill(rule(2), 'Condition', 'fields["budget"] > much');
    await choose(rule(2), 'Goes to', 'Klang');
    await press(page, 'Save');
    await says(page, 'Unknown name much (line 1, column 20)');
    await fill(rule(2), 'Condition', 'fields["budget"] > 500000');
    await by(rule(2), 'button', 'Move up').click();
    await eventually(async () => await by(rule(1), 'textbox', 'Name').inputValue() === 'dear', 'the rule has moved up');
    await press(page, 'Save');
    await says(page, 'Saved.');

    // Somebody else saves theirs meanwhile.
    const now = await site.get('/v1/rules');
    assert.deepEqual(now.rules.map((r) => r.name), ['dear', 'abroad', 'rest']);
    await site.call('PUT', '/v1/rules', { version: 1, rules: [{ name: 'theirs', then: { group_id: group } }] });
    await press(page, 'Save');
    await says(page, 'Somebody else has changed this list of rules since you opened it.');
    await says(page, 'theirs: true → Klang');
    await press(page, 'Save');
    await says(page, 'Saved.');

    await page.goto('/console/leads/new');
    await fill(page, 'Name', 'Tan Wei');
    await fill(page, 'Other answers', 'city: Ipoh');
    await choose(page, 'Group', 'by the rules');
    await press(page, 'Save');
    await titled(page, 'Tan Wei');
    await eventually(async () => { await page.reload(); return (await page.content()).includes('Given to'); }, 'the lead was given');
    await says(page, 'The rule “rest” took it, of version 3 of the rules.');
    await says(page, 'The rule “dear” was left out: it asks for a field that the lead does not have');
  });
}

// On a slow line the answers to what was filled in can overtake each other.
let site;
person('rules on a line whose answers overtake each other', { link: async () => (site = await workspace('Overtaken')).link('admin') }, async (page) => {
  await site.group('Klang', [await site.member('Siew Ling')]);
  await page.goto('/console/rules');
  await press(page, 'Add rule');
  const waits = [0, 900, 600, 300, 0];
  await page.route('**/console/rules*', async (route) => {
    if (route.request().method() === 'POST') await new Promise((resolve) => setTimeout(resolve, waits.shift() ?? 0));
    await route.continue().catch(() => {});
  });
  const rule = by(page, 'group', 'Rule 1');
  await choose(rule, 'Field', 'A field of the lead');
  await fill(rule, 'Name of the field', 'city');
  await fill(rule, 'Value', 'Singapore');
  await choose(rule, 'Goes to', 'Klang');
  await says(page, 'fields["city"] == "Singapore"');
  await new Promise((resolve) => setTimeout(resolve, 1500)); // the slowest has come
  assert.equal(await page.getByText('fields["city"] == "Singapore"').count(), 1);
  // Which boxes a rule has is asked for, and its answer is overtaken by that to another box.
  waits.push(600, 0);
  await choose(rule, 'Field', 'written out');
  await fill(rule, 'Name', 'dear');
  await choose(rule, 'Goes to', 'nobody');
  await fill(rule, 'Condition', 'true');
  assert.equal(await by(rule, 'textbox', 'Name').inputValue(), 'dear');
});
