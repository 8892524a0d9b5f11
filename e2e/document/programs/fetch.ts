// A client by openapi-typescript and openapi-fetch. It asks for JSON alone, so that lists are lists: they are to be had as CSV too.
import createClient from 'openapi-fetch';
import type { components, paths } from '../generated/paths';
import { expect, got, key, run, until, url } from './expect';

const api = createClient<paths, `application/${string}`>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });

run(async () => {
  const member = got(await api.POST('/v1/members', { body: { name: 'By openapi-fetch' } }), 'a member');
  const group = got(await api.POST('/v1/groups', {
    body: { name: 'By openapi-fetch', method: 'round_robin', slots: [{ members: [{ member_id: member.id }] }] },
  }), 'a group');
  const lead = got(await api.POST('/v1/leads', { body: { name: 'Nur', fields: { city: 'Penang' }, distribute: { group_id: group.id } } }), 'a lead');
  expect(!('duplicate' in lead) && lead.channel === 'api', 'a new lead is no known one');
  const copy = await until('a copy', async () => got(await api.GET('/v1/assigned-leads', { params: { query: { member_id: member.id } } }), 'copies').items[0]);
  const entry: components['schemas']['HistoryEntry'] | undefined = got(await api.GET('/v1/history', { params: { query: { lead_id: lead.id } } }), 'history').items[0];
  expect(entry?.outcome === 'succeeded' && entry.reason === null, `history has ${JSON.stringify(entry)}`);

  const sold = got(await api.POST('/v1/opportunities', { body: { assigned_lead_id: copy.id, title: 'Roof', amount: '16777217.01', currency: 'MYR' } }), 'an opportunity');
  const read = got(await api.GET('/v1/opportunities/{id}', { params: { path: { id: sold.id } } }), 'the opportunity');
  expect(read.amount === 16777217.01, `the amount is ${read.amount}`);
  const changed = got(await api.PATCH('/v1/opportunities/{id}', { params: { path: { id: sold.id } }, body: { amount: null } }), 'a change');
  expect(changed.amount === null, 'the amount is cleared');
  expect(got(await api.GET('/v1/pending-leads/days'), 'days').items.length === 0, 'nothing is pending');

  const missing = await api.GET('/v1/leads/{id}', { params: { path: { id: member.id } } });
  const code: components['schemas']['Problem']['code'] | undefined = missing.error?.code;
  expect(missing.response.status === 404 && code === 'not_found', `what is missing is ${code}`);
  const file = await api.GET('/v1/leads', { params: { query: { format: 'csv' } }, parseAs: 'text' });
  expect(got(file, 'a file').startsWith('id,name,'), 'the list is a file');
});
