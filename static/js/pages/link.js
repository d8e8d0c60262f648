/** Linking an identity to the account that has its address already: the password of that account is asked for once. */

import { destination } from '../destination.js';
import { find } from '../dom.js';
import * as forms from '../forms.js';
import * as session from '../session.js';
import * as shell from '../shell.js';
import { describe, send } from '../wire.js';

const query = new URLSearchParams(location.search);
const target = destination(query.get('next'));
const trip = query.get('trip') ?? ''; // other tabs may wait for theirs
const form = find('[data-link]');

async function start() {
  try {
    const { email, provider } = await send('GET', `/auth/oidc/link?${new URLSearchParams({ trip })}`);
    for (const slot of document.querySelectorAll('[data-email]')) slot.textContent = email;
    for (const slot of document.querySelectorAll('[data-provider-name]')) slot.textContent = provider;
    form.elements.email.value = email;
    find('[data-waiting]').hidden = false;
    form.elements.password.focus();
  } catch (error) {
    over(error);
  }
}

function over(error) {
  find('[data-waiting]').hidden = true;
  find('[data-over]').hidden = false;
  if (error.code !== 'not_found') find('[data-over-text]').textContent = describe(error);
}

forms.onSubmit(form, async ({ password }) => {
  try {
    await session.signIn({ password: password.value, trip }, '/auth/oidc/link');
    location.replace(target);
  } catch (error) {
    if (error.code === 'not_found') over(error);
    else throw error;
  }
});
shell.start({});
start();
