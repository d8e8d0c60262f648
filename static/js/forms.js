/** What every form does: check what was typed, send it once, and show refusals where they belong. */

import { busy, clearErrors, find, missing, showErrors } from './dom.js';
import { SessionOver } from '../gatehouse/session.js';
import { describe } from '../gatehouse/http.js';

/**
 * @param {HTMLFormElement} form  with a [data-submit] button, which is disabled until somebody is listening
 * @param {(fields: any) => Promise<unknown>} action  given `form.elements`; rejects with ApiError
 */
export function onSubmit(form, action) {
  const button = find('[data-submit]', form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    busy(button, () => submit(form, action));
  });
  // What was said of the last time is no news of what is typed now.
  form.addEventListener('input', () => hush(form));
  button.disabled = false;
}

function hush(form) {
  const said = form.querySelector('[data-said]');
  if (said) said.textContent = '';
}

async function submit(form, action) {
  const errors = missing(form);
  clearErrors(form);
  hush(form);
  if (Object.keys(errors).length) {
    showErrors(form, errors);
    return;
  }
  try {
    await action(form.elements);
  } catch (error) {
    if (error instanceof SessionOver) return; // the page is on its way to the sign-in page
    showErrors(form, error.errors ?? {}, describe(error));
  }
}
