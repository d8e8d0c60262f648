/** The sign-in page (step 1). What becomes of the answer is the browser's business: the tokens never come this way. */

import { destination } from '../destination.js';
import { busy, clearErrors, find, missing, showErrors, showPassword } from '../dom.js';
import { answersHere, REASONS as PROVIDER_REASONS } from '../provider.js';
import * as session from '../session.js';
import * as shell from '../shell.js';
import { describe } from '../wire.js';

const REASONS = {
  ...PROVIDER_REASONS,
  signed_out: 'You have signed out. This browser holds no token any more.',
  session_ended: 'Your session has ended: its time was up, or it was ended, here or elsewhere. Sign in to go on.',
  password_reset: 'Your password has been reset. Please sign in with the new one.',
  deleted: 'Your account has been deleted, and all your notes with it.',
  registered: 'Your account is ready. Sign in with your e-mail and your new password.',
};
const DEFAULT_LINE = find('[data-reason]').textContent;

const query = new URLSearchParams(location.search);
const target = destination(query.get('next'));
const form = find('[data-login]');
const { email, password, remember } = form.elements;

async function signIn() {
  clearErrors(form);
  const errors = missing(form);
  if (Object.keys(errors).length) return showErrors(form, errors);
  try {
    await session.signIn({ email: email.value.trim(), password: password.value, remember: remember.checked });
    return location.replace(target); // replaced: Back should not lead from the notes to a form that has done its work
  } catch (error) {
    const refused = error.code === 'invalid_credentials';
    query.delete('reason'); // what led here is no longer the news
    if (!session.user()) say(null);
    showErrors(form, error.errors ?? {}, refused ? 'E-mail or password is not right. Try again, or ask for a new password below.' : describe(error));
    if (refused) password.select();
    return undefined;
  }
}

/** @param {session.State|null} state */
function say(state) {
  const line = find('[data-reason]');
  if (!state) {
    line.textContent = REASONS[query.get('reason')] ?? DEFAULT_LINE;
    return;
  }
  const link = document.createElement('a');
  link.href = target;
  link.textContent = target === destination(null) ? 'Go on to your notes' : 'Go on';
  const who = document.createElement('bdi'); // a name may run from right to left
  who.textContent = state.user.name || state.user.email;
  line.replaceChildren('You are signed in as ', who, '. ', link, '.');
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  busy(find('[data-submit]'), signIn);
});
find('[data-show-password]').addEventListener('click', (event) => showPassword(event.currentTarget));
document.querySelector('[data-provider]')?.addEventListener('click', ({ currentTarget }) => {
  const trip = new URLSearchParams({ next: target.slice(location.origin.length) });
  if (remember.checked) trip.set('remember', '1');
  currentTarget.search = trip;
});
for (const hint of document.querySelectorAll('[data-elsewhere]')) hint.hidden = answersHere(hint.dataset.elsewhere);
for (const person of document.querySelectorAll('[data-demo-email]')) {
  person.addEventListener('click', () => {
    clearErrors(form);
    email.value = person.dataset.demoEmail;
    password.value = person.dataset.demoPassword;
    find('[data-submit]').focus();
  });
}

say(null);
find('[data-submit]').disabled = false; // until now, pressing it would have sent the form without us
shell.start({ show: say, empty: () => say(null) });
