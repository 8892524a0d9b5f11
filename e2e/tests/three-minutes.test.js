// A person who has read nothing opens the link that was printed, and does a manager's whole work.
import { person, says, titled } from '../browser.js';
import { announced, demo, workspace } from '../site.js';
import { addPeople, assignLater, changeWhatWaits, findInHistory, keyIn, makeGroup } from '../work.js';

const people = ['Siew Ling', 'Muthu', 'Farid'];

async function everything(page, site, who, scripts) {
  await titled(page, 'Today');
  await says(page, 'Three steps, and leads go round');
  await addPeople(page, people);
  await makeGroup(page, 'Villas', people, scripts);
  await keyIn(page, 'Siti Rahman', 'Villas', scripts);
  await site.leads(40);
  await assignLater(page, 'Villas', scripts);
  await changeWhatWaits(page, 'Farid', 'Siew Ling', scripts);
  await findInHistory(page, site, who);
}

person('from the printed link to the last pending lead', { link: () => announced.sign_in_url }, (page) => everything(page, demo, 'Operator', true));

let plain;
person('the same without scripts', {
  scripts: false,
  link: async () => (plain = await workspace('Plain')).link('manager'),
}, (page) => everything(page, plain, 'Mira', false));
