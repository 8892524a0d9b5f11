// A workspace that has something on every page, some of it with names that strain a page.
import { workspace } from './site.js';

const hostile = ['<script>alert("x")</script>', 'ליאור כהן', 'Nur Aisyah binti Abdul Rahman Al-Haj Nurul Huda', '🦄 Ünïcödé', 'x'.repeat(180)];

export async function furnished(name) {
  const site = await workspace(`${name} ${Math.random().toString(36).slice(2, 6)}`);
  const members = [];
  for (const called of ['Siew Ling', 'Muthu', 'Farid', ...hostile]) members.push(await site.member(called, { email: `m${members.length}@example.com` }));
  const [siew, muthu, farid] = members;
  const group = await site.group('Villas', [siew, muthu, farid], [1, 1, 3]);
  await site.group('Everybody', members);
  const source = (await site.post('/v1/sources', { name: 'Property fair' })).id;
  await site.leads(30, { group_id: group });
  await site.leads(25, { group_id: group, pace: 'slow' });
  for (const called of hostile) await site.post('/v1/leads', { name: called, email: 'a@example.com', source_id: source, fields: { [called]: called }, distribute: { group_id: group } });
  await site.leads(20);
  const off = await site.member('Off duty');
  await site.call('PATCH', `/v1/members/${off}`, { active: false });
  await site.leads(2, { member_ids: [off] });
  const integration = (await site.post('/v1/integrations', { kind: 'form', name: 'Villa form', group_id: group })).id;
  const webhook = (await site.post('/v1/webhooks', { url: 'https://example.com/hook', events: ['lead.received'] })).id;
  await site.until('/v1/history?limit=100', (list) => list.items.length >= 37);
  const copy = (await site.get('/v1/assigned-leads?limit=1')).items[0].id;
  const lead = (await site.get(`/v1/leads?q=${encodeURIComponent(hostile[2])}`)).items[0].id;
  const customer = (await site.post(`/v1/assigned-leads/${copy}/convert`)).id;
  const opportunity = (await site.post('/v1/opportunities', { title: 'A flat', lead_id: lead, amount: 500000, currency: 'MYR' })).id;
  await site.post('/v1/opportunities', { title: hostile[0], assigned_lead_id: copy });
  const tried = (await site.post(`/v1/integrations/${integration}/test`)).id;
  const pending = (await site.get('/v1/pending-leads?limit=1')).items[0].id;
  const run = (await site.post('/v1/assignments', { lead_ids: [lead], group_id: group, pace: 'slow' })).id;
  await site.call('PUT', '/v1/rules', { version: 0, rules: [
    ...hostile.map((name) => ({ name, when: `source == ${JSON.stringify(name)}`, then: { group_id: group } })),
    { name: 'Dear', when: 'fields["budget"] > 500000 and received.hour in 9..17', then: { none: true } }, { name: 'Rest', when: 'true', then: { group_id: group } },
  ] });
  site.ids = { group, lead, siew, copy };
  site.addresses = [
    '', 'leads', 'leads/new', `leads/${lead}`, `leads/${lead}/edit`, 'assigned-leads', `assigned-leads/${copy}`, `assignments/${run}`, 'assignments',
    'groups', 'rules', 'groups/new', `groups/${group}`, `groups/${group}/edit`, 'pending-leads', 'pending-leads/days', `pending-leads/${pending}`, 'history',
    'members', 'members/new', `members/${siew}`, `members/${siew}/edit`, 'sources', 'sources/new', `sources/${source}`, `sources/${source}/edit`,
    'integrations', 'integrations/new', 'integrations/new?kind=meta', `integrations/${integration}`, `integrations/${integration}/edit`, 'imports', 'imports/new', 'customers', `customers/${customer}`, 'opportunities', 'notifications', 'webhooks',
    `webhooks/${webhook}`, 'settings',
    `customers/${customer}/edit`, `opportunities/new?customer_id=${customer}`, `opportunities/${opportunity}`, `opportunities/${opportunity}/edit`,
    'notifications/template', 'webhooks/new', `webhooks/${webhook}/edit`, `webhooks/${webhook}/secret`, 'sources/counts', `sources/${source}/merge`, 'privacy',
    `integrations/${integration}/events/${tried}`, 'people', 'api-keys', 'api-keys/new', 'sessions', 'audit-log', 'me',
  ];
  return site;
}
