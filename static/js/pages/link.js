/**
 * An identity waits until its person has shown that the address is theirs: by the password of the account which has it, or, where
 * there is none or nobody vouches for the address, by a mailed link.
 */

import { destination } from '../destination.js';
import { offerPassword } from '../demo.js';
import { fill, find } from '../dom.js';
import * as forms from '../forms.js';
import * as secondStep from '../second-step.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';
import { ACCEPTED, describe, ok, send } from '../../gatehouse/http.js';

const query = new URLSearchParams(location.search);
const target = destination(query.get('next'));
const trip = query.get('trip') ?? ''; // other tabs may wait for theirs
const link = find('[data-link]');
const mail = find('[data-mail]');
const sent = find('[data-sent]');

async function start() {
  try {
    const { email, provider, ways } = await send('GET', `/auth/oidc/link?${new URLSearchParams({ trip })}`, ok({ email: 'string', provider: 'string', ways: ['string'] }));
    for (const slot of document.querySelectorAll('[data-email]')) slot.textContent = email;
    for (const slot of document.querySelectorAll('[data-provider-name]')) slot.textContent = provider;
    for (const way of document.querySelectorAll('[data-way]')) way.hidden = !ways.includes(way.dataset.way);
    find('[data-or]').hidden = ways.length < 2;
    link.elements.email.value = email;
    offerPassword(link, link.elements.password, email);
    fill(sent, { email });
    find('[data-waiting]').hidden = false;
    if (ways.includes('password')) link.elements.password.focus();
  } catch (error) {
    over(error);
  }
}

function over(error) {
  find('[data-waiting]').hidden = true;
  find('[data-over]').hidden = false;
  if (error.code !== 'not_found') find('[data-over-text]').textContent = describe(error);
}

/** A form of this page: what waits for it may be gone by now. */
function onSubmit(form, action) {
  forms.onSubmit(form, async (fields) => {
    try {
      await action(fields);
    } catch (error) {
      if (error.code === 'not_found') over(error);
      else throw error;
    }
  });
}

function swap(done) {
  mail.hidden = done;
  sent.hidden = !done;
  find(done ? '[data-sent] h2' : '[data-mail] [data-submit]').focus();
}

onSubmit(link, async ({ password }) => {
  const body = { password: password.value, trip };
  const enter = async (proof) => {
    await session.signIn({ ...body, ...proof }, '/auth/oidc/link');
    location.replace(target);
  };
  try {
    await enter();
  } catch (error) {
    if (error.code !== 'second_factor_required') throw error;
    secondStep.inPlaceOf(link, error.methods, enter);
  }
});
onSubmit(mail, async () => {
  await send('POST', '/auth/oidc/link/mail', ACCEPTED, { body: { trip } });
  swap(true);
});
find('[data-again]').addEventListener('click', () => swap(false));
// The mailed link opens in a tab of its own: this one goes on from there.
shell.start({ show: () => { if (!sent.hidden) location.replace(target); } });
start();
