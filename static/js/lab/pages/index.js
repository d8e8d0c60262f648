/** The lab's first page: one click to the first surprise. Nothing of it needs the lab's own host. */

import { busy, find } from '../../dom.js';
import * as session from '../../../gatehouse/session.js';
import * as shell from '../../shell.js';
import { send } from '../../../gatehouse/http.js';
import { INSPECTED } from '../evidence.js';
import { experiment } from '../experiment.js';
import { storages } from '../observe.js';
import { inWords } from '../run.js';

const box = experiment('first');
const signIn = find('[data-first-sign-in]', box);

box.run = async () => {
  const script = await storages();
  const server = await send('GET', '/learn/api/inspect', INSPECTED);
  const arrived = [server.access, server.refresh].filter(Boolean);
  box.add({
    title: 'One request, seen from both ends',
    script: Object.entries(script).map(([where, names]) => [where, names === null ? 'not in this browser' : names.join(', ') || 'nothing']),
    server: arrived.length
      ? arrived.map(({ cookie, decode }) => [cookie.name, `arrived, ${cookie.length} characters: ${decode.header?.typ ?? 'unreadable'}`, 'good'])
      : [['Cookies', 'no token cookie arrived']],
  });
  if (!arrived.length) return { answer: '', text: 'Nobody is signed in, so there was nothing to read. Sign in first.' };
  const names = Object.values(script).flat().filter((name) => arrived.some(({ cookie }) => cookie.name === name));
  return names.length
    ? { answer: 'name', text: `Script saw ${names.join(', ')}.` }
    : { answer: 'nothing', text: 'Script found no token, not even its name; in the same moment the server received both.' };
};

for (const person of box.querySelectorAll('[data-demo-email]')) {
  person.addEventListener('click', () => busy(person, () => session.signIn({
    email: person.dataset.demoEmail, password: person.dataset.demoPassword, remember: false,
  }).catch((error) => box.say(inWords(error), 'bad'))));
}

shell.start({
  show: () => { signIn.hidden = true; },
  empty: () => { signIn.hidden = false; },
});
