/** The lab's first page: one click to the first surprise. Nothing of it needs the lab's own host. */

import { find } from '../../dom.js';
import * as session from '../../../gatehouse/session.js';
import * as shell from '../../shell.js';
import { send } from '../../../gatehouse/http.js';
import { beliefs } from '../beliefs.js';
import { INSPECTED } from '../evidence.js';
import { experiment } from '../experiment.js';
import { storages } from '../observe.js';

beliefs(find('#beliefs'));

const box = experiment('first');
const note = find('[data-first-sign-in]', box);

/** Whoever has just come needs one press: where nobody is signed in, a demo person is. */
async function signInFirst() {
  const { demoEmail: email, demoPassword: password } = find('[data-run]', box).dataset;
  if (!note.hidden && email) await session.signIn({ email, password, remember: false });
}

box.run = async () => {
  await signInFirst();
  const found = await storages();
  const server = await send('GET', '/learn/api/inspect', INSPECTED);
  const arrived = [server.access, server.refresh].filter(Boolean);
  if (!arrived.length) return { answer: '', text: 'Nobody is signed in, so there was nothing to read. Sign in first.' };
  const names = Object.values(found).flat().filter((name) => arrived.some(({ cookie }) => cookie.name === name));
  const columns = {
    script: Object.entries(found).map(([where, list]) => [where, list === null ? 'not in this browser' : list.join(', ') || 'nothing']),
    server: arrived.map(({ cookie, decode }) => [cookie.name, `arrived, ${cookie.length} characters: ${decode.header?.typ ?? 'unreadable'}`, 'secret']),
  };
  return names.length
    ? { answer: 'name', text: `Script saw ${names.join(', ')}.`, ...columns }
    : { answer: 'nothing', text: 'Script found no token, not even its name; in the same moment the server received both.', ...columns };
};

shell.start({
  show: () => { note.hidden = true; },
  empty: () => { note.hidden = false; },
});
