// The names that other programs rely on, as the browser's own accessibility tree gives them.
import { by, eventually, person, press, receiver, says, titled } from '../browser.js';
import { workspace } from '../site.js';

let site;

// tree is the accessibility tree of the page: role and name of each thing.
async function tree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  return nodes.filter((n) => !n.ignored).map((n) => `${n.role?.value}: ${n.name?.value ?? ''}`);
}

async function has(page, role, names) {
  const roles = { field: ['textbox', 'searchbox', 'combobox', 'spinbutton', 'DateTime'], act: ['button', 'link'], link: ['link'], check: ['checkbox'], radio: ['radio'] }[role];
  await eventually(async () => {
    const all = await tree(page);
    const missing = names.filter((name) => !roles.some((r) => all.includes(`${r}: ${name}`)));
    return missing.length === 0 || `${page.url()} has no ${role} called ${missing}; it has ${all.filter((n) => roles.some((r) => n.startsWith(r)))}`;
  }, 'a name that others rely on is missing');
}

person('names that other programs rely on', { link: async () => (site = await workspace('Names')).link('admin') }, async (page) => {
  const a = await site.member('Siew Ling', { email: 's@example.com' }), b = await site.member('Muthu');
  const group = await site.group('Villas', [a, b]);
  const [lead] = await site.leads(3);
  await site.leads(2, { group_id: group, pace: 'slow' });
  await site.post('/v1/members', { name: 'Off' }).then(({ id }) => site.call('PATCH', `/v1/members/${id}`, { active: false }).then(() => site.leads(1, { member_ids: [id] })));
  await site.until('/v1/history?outcome=failed', (list) => list.items.length === 1);

  await has(page, 'link', ['Today', 'Leads', 'Groups', 'Pending', 'History', 'Members', 'Sources', 'Integrations', 'Imports', 'Customers', 'Settings']);
  await has(page, 'act', ['Sign out']);

  await press(page, 'Members');
  await has(page, 'act', ['New member', 'Deactivate']);
  await has(page, 'check', ['Select all', 'Siew Ling', 'Muthu']);
  await press(page, 'New member');
  await has(page, 'field', ['Name', 'Email']);
  await has(page, 'act', ['Save', 'Cancel']);

  await press(page, 'Groups');
  await has(page, 'act', ['New group', 'Delete']);
  await press(page, 'New group');
  await has(page, 'field', ['Name', 'Method']);
  await has(page, 'act', ['Add receiver', 'Add receivers group', 'Move up', 'Move down', 'Preview', 'Save', 'Cancel']);
  await by(receiver(page, 0), 'combobox', 'Member').waitFor();
  await by(receiver(page, 0), 'spinbutton', 'Weight').waitFor();
  await by(receiver(page, 0), 'checkbox', 'Notify').waitFor();

  await press(page, 'Leads');
  await has(page, 'act', ['New lead', 'Assign', 'Delete']);
  await has(page, 'field', ['Search']);
  await has(page, 'check', ['Select all', 'Lead 01']);
  await press(page, 'New lead');
  await has(page, 'field', ['Name', 'Email', 'Phone', 'Source', 'Notes', 'Group']);
  await has(page, 'radio', ['Now', 'Later']);
  await page.goto(`/console/leads/${lead}`);
  await has(page, 'act', ['Assign', 'Delete', 'Convert']);
  await press(page, 'Assign');
  await has(page, 'field', ['Group']);
  await has(page, 'radio', ['Now', 'Later']);
  await by(page, 'radio', 'Later').check();
  await has(page, 'radio', ['Slow (4–6 a day)', 'Normal (5–7 a day)', 'Fast (8–12 a day)']);
  await has(page, 'act', ['Preview', 'Assign leads', 'Cancel']);

  await press(page, 'Pending');
  await has(page, 'act', ['Distribute now', 'Move', 'Delete']);
  await has(page, 'check', ['Select all']);
  await page.getByRole('checkbox', { name: /^Lead 01 for / }).check();
  await press(page, 'Move');
  await has(page, 'act', ['Move', 'Cancel']);

  await press(page, 'History');
  await has(page, 'act', ['Retry']);
  await press(page, 'Sources');
  await has(page, 'act', ['New source']);
  await press(page, 'New source');
  await has(page, 'field', ['Name']);
  await press(page, 'Integrations');
  await has(page, 'act', ['New integration']);
  await press(page, 'New integration');
  await press(page, 'Google Ads');
  await has(page, 'field', ['Name', 'Group', 'Source', 'Key']);
  await has(page, 'act', ['Save', 'Cancel']);
  await press(page, 'Imports');
  await has(page, 'act', ['New import']);
  await press(page, 'New import');
  await has(page, 'field', ['Group', 'Source', 'When']);
  await has(page, 'act', ['Start import', 'Cancel']);
  await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'leads.csv', mimeType: 'text/csv', buffer: Buffer.from('name,phone\nAda,+60123456789\n') });
  await press(page, 'Preview');
  await has(page, 'field', ['name', 'phone']);
  await press(page, 'Start import');
  await says(page, 'The file was read.');
  await page.goto(`/console/members/${a}`);
  await press(page, 'Deactivate');
  await titled(page, 'Deactivate');
  await has(page, 'act', ['Deactivate', 'Cancel']);
});
