/** /class: the code makes an account, and the ordinary sign-in lets it in. */

import { fill, find } from '../../dom.js';
import { onSubmit } from '../../forms.js';
import * as session from '../../../gatehouse/session.js';
import * as shell from '../../shell.js';
import { describe, ok, orNull, send } from '../../../gatehouse/http.js';

const inside = find('[data-inside]');

/** @param {string|null} name */
function swap(name) {
  find('[data-door]').hidden = name !== null;
  inside.hidden = name === null;
  if (name !== null) fill(inside, { name });
}

async function join({ code }) {
  const made = await send('POST', '/class/join', ok({ name: 'string', email: 'string', password: 'string' }), { body: { code: code.value } });
  const { name, email, password } = made;
  fill(inside, { email, password, state: 'Signing you in…' });
  find('[data-account]').hidden = false;
  swap(name);
  find('[data-arrived]').focus();
  let state = 'You are signed in.';
  try {
    await session.signIn({ email, password, remember: false });
  } catch (error) {
    state = `You are not signed in yet: ${describe(error)}`; // the sign-in page takes what stands below
  }
  fill(inside, { state });
}

shell.start({});
onSubmit(find('[data-join]'), join);
swap((await send('GET', '/class/me', ok({ name: orNull('string') }))).name);
