/** The sign-in page (step 1). What becomes of the answer is the browser's business: the tokens never come this way. */

import { carrying, receive } from '../address.js';
import { destination } from '../destination.js';
import { busy, clearErrors, find, missing, showErrors, showPassword } from '../dom.js';
import * as autofill from '../passkey-sign-in.js';
import * as passkeys from '../passkeys.js';
import { answersHere, REASONS as PROVIDER_REASONS } from '../provider.js';
import * as secondStep from '../second-step.js';
import * as session from '../../gatehouse/session.js';
import * as shell from '../shell.js';
import { describe } from '../../gatehouse/http.js';

const REASONS = {
  ...PROVIDER_REASONS,
  signed_out: 'You have signed out. This browser holds no token any more.',
  session_ended: 'Your session has ended: its time was up, or it was ended, here or elsewhere. Sign in to go on.',
  password_reset: 'Your password has been reset. Please sign in with the new one.',
  deleted: 'Your account has been deleted, and all your notes with it.',
  registered: 'Your account is ready. Sign in with your e-mail and your new password.',
};
const line = find('[data-reason]');
const DEFAULT_LINE = line.textContent;

const query = new URLSearchParams(location.search);
const target = destination(query.get('next'));
const form = find('[data-login]');
const { email, password, remember } = form.elements;

async function signIn() {
  clearErrors(form);
  const errors = missing(form);
  forgetNews();
  if (Object.keys(errors).length) return showErrors(form, errors);
  try {
    return await enter({ email: email.value.trim(), password: password.value, remember: remember.checked });
  } catch (error) {
    if (error.code === 'second_factor_required') return askSecond(error.methods);
    const refused = error.code === 'invalid_credentials';
    showErrors(form, error.errors ?? {}, refused ? 'E-mail or password is not right. Try again, or ask for a new password below.' : describe(error));
    if (refused) password.select();
    return undefined;
  }
}

/** @param {object} proof @param {string} [endpoint] */
async function enter(proof, endpoint) {
  await session.signIn(proof, endpoint);
  location.replace(target); // replaced: Back should not lead from the notes to a form that has done its work
}

/** The password was right, or an identity provider has vouched: what is still missing takes the place of the form. */
function askSecond(methods) {
  autofill.pause();
  password.value = '';
  swap(true);
  write('The first step is done. Now show that it is really you.');
  secondStep.show(find('[data-second]'), methods, async (proof) => {
    try {
      await enter(proof, '/auth/login/factor');
    } catch (error) {
      if (error.code !== 'not_authenticated') throw error;
      back('That took longer than five minutes, five tries were wrong, or another tab was quicker. Please enter your password again.');
    }
  });
}

function back(text = '') {
  swap(false);
  find('[data-second]').replaceChildren(); // and what was typed there
  query.delete('reason');
  history.replaceState(history.state, '', `/login?${new URLSearchParams({ next: target.slice(location.origin.length) })}`);
  say(session.user() ? { user: session.user() } : null); // another tab may have signed in meanwhile
  find('[data-form-error]').textContent = text;
  (email.value ? password : email).focus();
  autofill.resume();
}

function swap(second) {
  find('[data-first]').hidden = second;
  for (const part of document.querySelectorAll('[data-second-step], [data-lost]')) part.hidden = !second;
}

async function byPasskey(credential) {
  clearErrors(form);
  forgetNews();
  const said = find('[data-passkey-said]');
  said.textContent = '';
  try {
    const enterWith = (answer) => enter({ credential: answer, remember: remember.checked }, '/auth/login/passkey');
    await passkeys.use(credential ?? await passkeys.answer(), enterWith);
  } catch (error) {
    if (error.code === 'cancelled') said.textContent = error.detail;
    else showErrors(form, {}, error.code === 'invalid_credentials' ? 'This passkey was not accepted here. Try again, or sign in with your password.' : describe(error));
  }
}

/** @param {session.State|null} state */
function say(state) {
  if (!state) {
    const news = REASONS[query.get('reason')];
    write(news ?? DEFAULT_LINE);
    line.classList.toggle('news', Boolean(news));
    return;
  }
  const link = document.createElement('a');
  link.href = target;
  link.textContent = target === destination(null) ? 'Go on to your notes' : 'Go on';
  const who = document.createElement('bdi'); // a name may run from right to left
  who.textContent = state.user.name || state.user.email;
  write('You are signed in as ', who, '. ', link, '.');
}

function write(...words) {
  line.classList.remove('news');
  line.replaceChildren(...words);
}

/** What led here is no longer the news once the person does the next thing. */
function forgetNews() {
  if (!query.has('reason')) return;
  query.delete('reason');
  history.replaceState(history.state, '', query.size ? `?${query}` : location.pathname);
  if (!session.user()) say(null);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  busy(find('[data-submit]'), signIn);
});
find('[data-passkey-way]').hidden = !passkeys.supported;
find('[data-passkey-sign-in]').addEventListener('click', ({ currentTarget }) => busy(currentTarget, async () => {
  autofill.pause(); // a browser takes one question at a time
  await byPasskey();
  autofill.resume();
}));
find('[data-back]').addEventListener('click', () => back());
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
    forgetNews();
    email.value = person.dataset.demoEmail;
    password.value = person.dataset.demoPassword;
    find('[data-submit]').focus();
  });
}

for (const way of document.querySelectorAll('[data-takes-address]')) {
  way.addEventListener('click', () => { way.href = carrying(way.pathname, email.value.trim()); });
}
say(null);
if (receive(email)) password.focus();
find('[data-submit]').disabled = false; // until now, pressing it would have sent the form without us
const methods = (query.get('methods') ?? '').split(',').filter((method) => ['passkey', 'totp', 'recovery'].includes(method));
autofill.start(email, byPasskey);
if (methods.length) askSecond(methods);
const first = find('[data-first]');
shell.start({ show: (state) => first.hidden || say(state), empty: () => first.hidden || say(null) });
