// A client by @hey-api/openapi-ts.
import { client } from '../generated/heyapi/client.gen';
import {
  getLead, getOpportunity, listAssignedLeads, listHistory, listPendingDays, patchOpportunity, postGroup, postLead, postMember, postOpportunity,
} from '../generated/heyapi/sdk.gen';
import type { HistoryEntry, ListAssignedLead, Problem } from '../generated/heyapi/types.gen';
import { expect, got, key, run, until, url } from './expect';

client.setConfig({ baseUrl: url, auth: key });

run(async () => {
  const member = got(await postMember({ body: { name: 'By hey-api' } }), 'a member');
  const group = got(await postGroup({ body: { name: 'By hey-api', method: 'round_robin', slots: [{ members: [{ member_id: member.id }] }] } }), 'a group');
  const lead = got(await postLead({ body: { name: 'Nur', fields: { city: 'Penang' }, distribute: { group_id: group.id } } }), 'a lead');
  const copy = await until('a copy', async () => {
    const list: ListAssignedLead = got(await listAssignedLeads({ query: { member_id: member.id } }), 'copies');
    return list.items[0];
  });
  const entry: HistoryEntry | undefined = got(await listHistory({ query: { lead_id: lead.id } }), 'history').items[0];
  expect(entry?.outcome === 'succeeded' && entry.reason === null, `history has ${JSON.stringify(entry)}`);

  const sold = got(await postOpportunity({ body: { assigned_lead_id: copy.id, title: 'Roof', amount: '16777217.01', currency: 'MYR' } }), 'an opportunity');
  const read = got(await getOpportunity({ path: { id: sold.id } }), 'the opportunity');
  expect(read.amount === 16777217.01, `the amount is ${read.amount}`);
  const changed = got(await patchOpportunity({ path: { id: sold.id }, body: { amount: null } }), 'a change');
  expect(changed.amount === null, 'the amount is cleared');
  expect(got(await listPendingDays(), 'days').items.length === 0, 'nothing is pending');

  const missing = await getLead({ path: { id: member.id } });
  const problem: Problem | undefined = missing.error;
  expect(missing.response.status === 404 && problem?.code === 'not_found', `what is missing is ${problem?.code}`);
});
