/** The pages that have a link mailed: a form, and then the advice to look into the mailbox. */

import { receive } from './address.js';
import { fill, find } from './dom.js';
import { onSubmit } from './forms.js';
import { ACCEPTED, send } from '../gatehouse/http.js';

/**
 * @param {string} path
 * @param {(fields: any) => {email: string}} body
 */
export function start(path, body) {
  const form = find('[data-mail-form]');
  const sent = find('[data-sent]');
  const swap = (done) => {
    form.hidden = done;
    sent.hidden = !done;
  };
  receive(form.elements.email);
  onSubmit(form, async (fields) => {
    const given = body(fields);
    await send('POST', path, ACCEPTED, { body: given });
    fill(sent, { email: given.email });
    swap(true);
    find('h2', sent).focus();
  });
  find('[data-again]').addEventListener('click', () => {
    swap(false);
    form.elements.email.focus();
  });
}
