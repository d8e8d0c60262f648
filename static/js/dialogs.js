/**
 * The questions a page may ask in between: "are you sure?", "is it still you?", and for a name. Each is a modal <dialog>, so focus stays
 * inside, Escape cancels, and focus returns to where it was.
 */

import { offerPassword } from './demo.js';
import { clone, fill, find, showPassword } from './dom.js';
import { answersHere, REASONS } from './provider.js';
import * as secondStep from './second-step.js';
import * as tabs from '../gatehouse/tabs.js';
import { describe } from '../gatehouse/http.js';

/**
 * @param {{title: string, text: string, action: string}} words  action: the name of the button that does it
 * @returns {Promise<boolean>}
 */
export function confirm({ title, text, action }) {
  const dialog = open('confirm-template', { title, text, action });
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'confirm');
    });
  });
}

/**
 * Ask for a name.
 * @param {{title: string, label: string, value: string, action: string}} words  value: what it is now
 * @returns {Promise<string|null>} null if the person cancelled
 */
export function askName({ title, label, value, action }) {
  const dialog = open('name-template', { title, label, action });
  const { name } = find('form', dialog).elements;
  name.value = value;
  name.select();
  find('[data-cancel]', dialog).addEventListener('click', () => dialog.close());
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'confirm' ? name.value.trim() : null);
    });
  });
}

/** @type {Promise<boolean>|null} */
let asking = null;
/** @type {(reason?: string) => void} what the open dialog does when another tab has confirmed through the identity provider */
let elsewhere = () => {};

tabs.hear((type, reason) => { if (type === 'confirmed') elsewhere(reason); });

/**
 * Ask who is there until the proof is right or the person gives up. Requests that need it at the same time share one dialog.
 * @param {string[]} ways  what to ask for: 'passkey', 'totp'; the password where there is none
 * @param {(proof: object) => Promise<unknown>} attempt  rejects while the proof is refused
 * @param {string} [email]  for password managers
 * @returns {Promise<boolean>} false if the person cancelled
 */
export function askProof(ways, attempt, email = '') {
  asking ??= (ways.length ? factorDialog(ways, attempt) : passwordDialog(attempt, email)).finally(() => { asking = null; });
  return asking;
}

function factorDialog(ways, attempt) {
  const dialog = open('factor-template', {});
  let confirmed = false;
  secondStep.show(find('[data-second]', dialog), ways, async (proof) => {
    await attempt(proof);
    confirmed = true;
    dialog.close();
  });
  find('[data-cancel]', dialog).addEventListener('click', () => dialog.close());
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(confirmed);
    });
  });
}

function passwordDialog(attempt, email) {
  const dialog = open('password-template', {});
  const form = find('form', dialog);
  form.elements.email.value = email;
  offerPassword(form, form.elements.password, email);
  find('[data-show-password]', dialog).addEventListener('click', ({ currentTarget }) => showPassword(currentTarget));
  // Sessions of another host are no business of the host where the provider answers.
  for (const way of dialog.querySelectorAll('[data-elsewhere]')) way.hidden = !answersHere(way.dataset.elsewhere);
  let confirmed = false;
  let waiting = false;
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (waiting) return;
    waiting = true;
    fill(dialog, { error: '' });
    try {
      await attempt({ password: form.elements.password.value });
      confirmed = true;
      dialog.close();
    } catch (error) {
      fill(dialog, { error: error.code === 'invalid_credentials' ? 'That is not your password. Please try again.' : describe(error) });
      form.elements.password.select();
    } finally {
      waiting = false;
    }
  });
  elsewhere = (reason) => {
    fill(dialog, { error: REASONS[reason] ?? '' });
    if (reason) return;
    confirmed = true; // by hearsay: the request that goes on now is judged by the server
    dialog.close();
  };
  find('[data-cancel]', dialog).addEventListener('click', () => dialog.close());
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove(); // and the typed password with it
      elsewhere = () => {};
      resolve(confirmed);
    });
  });
}

function open(template, values) {
  const dialog = find('dialog', clone(template));
  fill(dialog, values);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
