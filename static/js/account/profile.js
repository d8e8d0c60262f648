/** The account page's forms: name, address, password. */

import * as api from '../api.js';
import { offerPassword } from '../demo.js';
import { fill, find } from '../dom.js';
import { onSubmit } from '../forms.js';
import * as passwords from '../passwords.js';

const profile = find('[data-profile]');
const address = find('[data-email]');
const password = find('[data-password]');
let user = { name: '', email: '' };
/** The fields that the person has typed into: what a browser restored after a reload may be somebody else's. */
const typed = new Set();
let judgeAgain = () => {};

/** @param {{name: string, email: string}} found */
export function show(found) {
  user = found;
  if (!typed.has('name')) profile.elements.name.value = user.name;
  if (!typed.has('email')) address.elements.email.value = '';
  password.elements.username.value = user.email; // for password managers
  offerPassword(password, password.elements.current_password, user.email);
  fill(address, { email: user.email });
  judgeAgain();
}

/** Is there text that would be lost? A password is none: it can be typed again. */
export function unsaved() {
  const { name } = profile.elements;
  const { email } = address.elements;
  return (typed.has('name') && name.value !== user.name) || (typed.has('email') && email.value !== '');
}

const say = (form, text) => { find('[data-said]', form).textContent = text; };

/** @param {{changed: () => void}} page  changed: something happened that devices and events tell of */
export function start({ changed }) {
  judgeAgain = passwords.start(password, () => [user.name, user.email]);
  for (const form of [profile, address]) form.addEventListener('input', ({ target }) => typed.add(target.name));
  onSubmit(profile, async ({ name }) => {
    const sent = name.value;
    const found = await api.patch('/auth/account', api.ok({ name: 'string', email: 'string' }), { name: sent.trim() });
    if (name.value === sent) typed.delete('name'); // else more was typed meanwhile
    show(found);
    find('[data-user-name]').textContent = user.name || user.email;
    say(profile, 'Your name has been saved.');
  });
  onSubmit(address, async ({ email }) => {
    const wanted = email.value.trim();
    await api.post('/auth/email/change', api.ACCEPTED, { email: wanted });
    if (email.value.trim() === wanted) typed.delete('email');
    show(user);
    say(address, `A mail is on its way to ${wanted}. If no account has that address yet, it holds a link with which you confirm it.`);
    changed();
  });
  onSubmit(password, async (fields) => {
    const body = { current_password: fields.current_password.value, new_password: fields.new_password.value };
    try {
      await api.post('/auth/password/change', api.EMPTY, body);
    } catch (error) {
      if (error.code !== 'invalid_credentials') throw error;
      throw Object.assign(error, { errors: { current_password: ['That is not your current password.'] } });
    }
    password.reset();
    show(user);
    say(address, ''); // a link that is under way has just died
    say(password, 'Your password has been changed. All other devices have been signed out.');
    changed();
  });
}
